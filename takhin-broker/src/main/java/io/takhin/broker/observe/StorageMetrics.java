package io.takhin.broker.observe;

import java.util.Collection;
import java.util.Map;

/**
 * What the data directory tells about itself when metrics are asked for.
 *
 * <p>Threads: called from the metrics endpoint's threads.
 */
public interface StorageMetrics {
    boolean isOnline();

    /** Whether produce requests are refused because the disk is nearly full. */
    boolean isReadOnly();

    /** Batches that readers asked for and that were not what was written. */
    long damagedBatches();

    /** What a power cut would take now: logs, and bytes of batches. */
    Unflushed unflushed();

    record Unflushed(int logs, long bytes) {}

    /** Partitions hosted here by what acks=all waits for: {@code ack} or {@code interval}. */
    Map<String, Integer> partitionsByFlushPolicy();

    Collection<TopicStorage> topics();

    /** All partitions of a topic that are hosted here, together. */
    record TopicStorage(String topic, int partitions, int segments, long bytes) {}

    /** Topics that are compacted. */
    Collection<TopicCompaction> compactions();

    /**
     * How far compaction is behind.
     *
     * @param dirtyBytes that wait to be compacted
     * @param overdueSeconds by which the worst partition exceeds {@code max.compaction.lag.ms}
     * @param failed partitions by the error that keeps them from being compacted
     */
    record TopicCompaction(
            String topic, long dirtyBytes, long overdueSeconds, Map<String, Integer> failed) {}

    /** One by one; none where they are too many for a scrape. */
    Collection<PartitionStorage> partitions();

    record PartitionStorage(
            String topic,
            int partition,
            long startOffset,
            long endOffset,
            long bytes,
            int segments) {}
}
