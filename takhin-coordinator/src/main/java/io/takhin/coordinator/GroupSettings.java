package io.takhin.coordinator;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;

/**
 * How consumer groups are coordinated. What is not named here has Kafka's default.
 *
 * @param offsetsPartitions how many partitions the offsets topic gets when it is created ({@code
 *     offsets.topic.num.partitions})
 * @param offsetsSegmentBytes its {@code segment.bytes} ({@code offsets.topic.segment.bytes})
 * @param initialRebalanceDelay how long the first rebalance of an empty classic group waits for
 *     more members ({@code group.initial.rebalance.delay.ms}; ADR 51)
 * @param sessionTimeoutMin shortest session a classic member may ask for ({@code
 *     group.min.session.timeout.ms})
 * @param sessionTimeoutMax longest one ({@code group.max.session.timeout.ms})
 * @param offsetsRetention how long offsets outlive the members of their group ({@code
 *     offsets.retention.minutes}); whole minutes
 * @param commitTimeout how long a write may take to reach all in-sync replicas ({@code
 *     offsets.commit.timeout.ms})
 */
public record GroupSettings(
        int offsetsPartitions,
        int offsetsSegmentBytes,
        Duration initialRebalanceDelay,
        Duration sessionTimeoutMin,
        Duration sessionTimeoutMax,
        Duration offsetsRetention,
        Duration commitTimeout) {
    /** What a broker uses when nothing is configured. */
    public static final GroupSettings DEFAULTS =
            new GroupSettings(
                    8,
                    100 << 20,
                    Duration.ofMillis(100),
                    Duration.ofSeconds(6),
                    Duration.ofMinutes(30),
                    Duration.ofDays(7),
                    Duration.ofSeconds(5));

    public GroupSettings {
        requireAtLeast(1, offsetsPartitions, "offsets.topic.num.partitions");
        requireAtLeast(1024, offsetsSegmentBytes, "offsets.topic.segment.bytes");
        requireAtLeast(0, initialRebalanceDelay.toMillis(), "group.initial.rebalance.delay.ms");
        requireAtLeast(1, sessionTimeoutMin.toMillis(), "group.min.session.timeout.ms");
        requireAtLeast(
                sessionTimeoutMin.toMillis(),
                sessionTimeoutMax.toMillis(),
                "group.max.session.timeout.ms");
        requireAtLeast(1, offsetsRetention.toMinutes(), "offsets.retention.minutes");
        requireAtLeast(1, commitTimeout.toMillis(), "offsets.commit.timeout.ms");
    }

    private static void requireAtLeast(long min, long value, String setting) {
        if (value < min) {
            throw new IllegalArgumentException(
                    setting + " must be at least " + min + ", not " + value);
        }
    }

    /** In the form Kafka's coordinator reads. */
    AbstractConfig toKafka() {
        Map<String, Object> properties = new HashMap<>();
        properties.put(GroupCoordinatorConfig.OFFSETS_TOPIC_PARTITIONS_CONFIG, offsetsPartitions);
        properties.put(
                GroupCoordinatorConfig.OFFSETS_TOPIC_SEGMENT_BYTES_CONFIG, offsetsSegmentBytes);
        properties.put(
                GroupCoordinatorConfig.GROUP_INITIAL_REBALANCE_DELAY_MS_CONFIG,
                Math.toIntExact(initialRebalanceDelay.toMillis()));
        properties.put(
                GroupCoordinatorConfig.GROUP_MIN_SESSION_TIMEOUT_MS_CONFIG,
                Math.toIntExact(sessionTimeoutMin.toMillis()));
        properties.put(
                GroupCoordinatorConfig.GROUP_MAX_SESSION_TIMEOUT_MS_CONFIG,
                Math.toIntExact(sessionTimeoutMax.toMillis()));
        properties.put(
                GroupCoordinatorConfig.OFFSETS_RETENTION_MINUTES_CONFIG,
                Math.toIntExact(offsetsRetention.toMinutes()));
        properties.put(
                GroupCoordinatorConfig.OFFSET_COMMIT_TIMEOUT_MS_CONFIG,
                Math.toIntExact(commitTimeout.toMillis()));
        // One loop serves every group of a small machine (340 thousand heartbeats a second were
        // measured on one), and regular expressions rarely change: one thread each is plenty.
        properties.put(GroupCoordinatorConfig.GROUP_COORDINATOR_NUM_THREADS_CONFIG, 1);
        properties.put(GroupCoordinatorConfig.GROUP_COORDINATOR_NUM_BACKGROUND_THREADS_CONFIG, 1);
        // The least Kafka allows: a buffer that one large group made grow is not kept.
        properties.put(GroupCoordinatorConfig.CACHED_BUFFER_MAX_BYTES_CONFIG, 512 * 1024);
        return new AbstractConfig(
                Utils.mergeConfigs(
                        List.of(GroupCoordinatorConfig.CONFIG_DEF, ShareGroupConfig.CONFIG_DEF)),
                properties,
                false);
    }
}
