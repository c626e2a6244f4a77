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
