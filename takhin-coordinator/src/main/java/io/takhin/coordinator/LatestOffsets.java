package io.takhin.coordinator;

import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.server.util.PartitionMetadataClient;

/** Answers where partitions end, from the logs of this broker. */
final class LatestOffsets implements PartitionMetadataClient {
    private final HighWatermarks highWatermarks;

    LatestOffsets(HighWatermarks highWatermarks) {
        this.highWatermarks = highWatermarks;
    }

    @Override
    public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(
            Set<TopicPartition> partitions) {
        return partitions.stream().collect(Collectors.toMap(Function.identity(), this::latest));
    }

    private CompletableFuture<OffsetResponse> latest(TopicPartition partition) {
        OptionalLong end = highWatermarks.of(partition);
        return CompletableFuture.completedFuture(
                end.isPresent()
                        ? new OffsetResponse(end.getAsLong(), Errors.NONE)
                        : new OffsetResponse(-1, Errors.NOT_LEADER_OR_FOLLOWER));
    }

    /** Holds nothing. */
    @Override
    public void close() {}
}
