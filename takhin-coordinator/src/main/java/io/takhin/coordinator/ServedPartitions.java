package io.takhin.coordinator;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/**
 * The partitions whose state is replayed and in use. Kafka's runtime does not tell, but it begins
 * to listen to a partition's high watermark at just that moment, and stops when it lets the state
 * go.
 *
 * <p>Threads: any.
 */
final class ServedPartitions {
    private final Map<TopicPartition, CompletableFuture<Void>> served = new ConcurrentHashMap<>();

    CompletableFuture<Void> when(TopicPartition partition) {
        return future(partition).copy();
    }

    void began(TopicPartition partition) {
        future(partition).complete(null);
    }

    /** Whoever waits for a partition that is not served goes on waiting for the next time. */
    void ended(TopicPartition partition) {
        served.computeIfPresent(partition, (_, future) -> future.isDone() ? null : future);
    }

    private CompletableFuture<Void> future(TopicPartition partition) {
        return served.computeIfAbsent(partition, _ -> new CompletableFuture<>());
    }
}
