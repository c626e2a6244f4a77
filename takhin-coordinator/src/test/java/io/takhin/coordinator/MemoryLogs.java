package io.takhin.coordinator;

import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.jspecify.annotations.Nullable;

/** The logs of a broker that exists only in a test. */
final class MemoryLogs implements CoordinatorLogs {
    private final Map<TopicPartition, MemoryLog> leading = new ConcurrentHashMap<>();
    private final Map<TopicPartition, Long> highWatermarks = new ConcurrentHashMap<>();

    /** A new, empty partition of the offsets topic. */
    MemoryLog lead(int offsetsPartition) {
        return lead(offsetsPartition, new MemoryLog());
    }

    MemoryLog lead(int offsetsPartition, MemoryLog log) {
        leading.put(partition(offsetsPartition), log);
        return log;
    }

    void lose(int offsetsPartition) {
        MemoryLog lost = leading.remove(partition(offsetsPartition));
        if (lost != null) {
            lost.leadershipEnded();
        }
    }

    void highWatermark(String topic, int partition, long offset) {
        highWatermarks.put(new TopicPartition(topic, partition), offset);
    }

    @Override
    public @Nullable CoordinatorLog leading(TopicPartition partition) {
        return leading.get(partition);
    }

    @Override
    public OptionalLong highWatermark(TopicPartition partition) {
        Long offset = highWatermarks.get(partition);
        return offset == null ? OptionalLong.empty() : OptionalLong.of(offset);
    }

    static TopicPartition partition(int index) {
        return new TopicPartition(Topic.GROUP_METADATA_TOPIC_NAME, index);
    }
}
