package io.takhin.broker.api;

import io.takhin.base.Clock;
import io.takhin.coordinator.CoordinatorLog;
import io.takhin.coordinator.GroupCoordination;
import io.takhin.coordinator.GroupSettings;
import io.takhin.metadata.ClusterView;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;

/** Kafka's group coordinator, with its offsets partitions in memory and the topics of a cluster. */
final class TestGroups implements AutoCloseable {
    static final int OFFSETS_PARTITIONS = 4;

    private static final GroupSettings SETTINGS =
            new GroupSettings(
                    OFFSETS_PARTITIONS,
                    100 << 20,
                    Duration.ofMillis(1),
                    Duration.ofSeconds(1),
                    Duration.ofMinutes(30),
                    Duration.ofDays(7),
                    Duration.ofSeconds(5));

    private final GroupCoordination coordination =
            new GroupCoordination(1, SETTINGS, _ -> OptionalLong.empty(), Clock.SYSTEM);

    GroupCoordination coordination() {
        return coordination;
    }

    /** When this returns, every group is served, and knows the topics of the view. */
    void serve(ClusterView view) {
        show(view);
        lead();
    }

    /** The first view of the cluster; no partition is led yet. */
    void show(ClusterView view) {
        MetadataDelta delta = new MetadataDelta.Builder().build();
        view.topics().forEach(topic -> add(delta, topic));
        MetadataImage image = delta.apply(new MetadataProvenance(1, 1, 1, true));
        coordination.onMetadata(delta, image);
    }

    /** When this returns, every group is served. */
    void lead() {
        for (int index = 0; index < OFFSETS_PARTITIONS; index++) {
            coordination.becameLeader(index, 1, new CountingLog());
        }
        for (int index = 0; index < OFFSETS_PARTITIONS; index++) {
            coordination.whenServed(index).orTimeout(20, TimeUnit.SECONDS).join();
        }
    }

    private static void add(MetadataDelta delta, ClusterView.Topic topic) {
        delta.replay(new TopicRecord().setName(topic.name()).setTopicId(topic.id()));
        for (ClusterView.Partition partition : topic.partitions()) {
            delta.replay(
                    new PartitionRecord()
                            .setTopicId(topic.id())
                            .setPartitionId(partition.index())
                            .setLeader(partition.leader())
                            .setReplicas(partition.replicas())
                            .setIsr(partition.inSync()));
        }
    }

    @Override
    public void close() {
        coordination.close();
    }

    /** Keeps no records, only how many there were: nothing here is ever loaded again. */
    private static final class CountingLog implements CoordinatorLog {
        private final List<HighWatermarkListener> listeners = new CopyOnWriteArrayList<>();
        private volatile long end;

        @Override
        public Append append(ByteBuffer batches) {
            long after = end;
            for (RecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
                after += batch.lastOffset() - batch.baseOffset() + 1;
            }
            end = after;
            new ArrayList<>(listeners).forEach(listener -> listener.advancedTo(end));
            return new Append.Done(after);
        }

        @Override
        public long startOffset() {
            return end;
        }

        @Override
        public long endOffset() {
            return end;
        }

        @Override
        public long highWatermark() {
            return end;
        }

        @Override
        public ByteBuffer read(long offset, int bytesMax) {
            return ByteBuffer.allocate(0);
        }

        @Override
        public void addListener(HighWatermarkListener listener) {
            listeners.add(listener);
        }

        @Override
        public void removeListener(HighWatermarkListener listener) {
            listeners.remove(listener);
        }
    }
}
