package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.replication.HostedPartitions;
import io.takhin.replication.Partition;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Finds the partition a request names, or the error that says why this broker cannot serve it. */
public final class ReplicaLookup {
    private final Supplier<ClusterView> cluster;
    private final HostedPartitions hosted;

    public ReplicaLookup(Supplier<ClusterView> cluster, HostedPartitions hosted) {
        this.cluster = cluster;
        this.hosted = hosted;
    }

    /** The view that one request is answered from. */
    ClusterView view() {
        return cluster.get();
    }

    /** The replica on this broker, whoever leads it. */
    @Nullable Partition find(ClusterView.@Nullable Topic topic, int index) {
        return topic == null ? null : hosted.get(topic.id(), index);
    }

    /** Why {@link #find} found nothing, for a topic that was named. */
    static Errors whyMissing(ClusterView.@Nullable Topic topic, int index) {
        if (topic == null || index < 0 || index >= topic.partitions().size()) {
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        }
        return Errors.NOT_LEADER_OR_FOLLOWER;
    }

    /** The same for requests that name topics by id (KIP-516). */
    static Errors whyMissing(Uuid id, ClusterView.@Nullable Topic topic, int index) {
        return topic == null && !id.equals(Uuid.ZERO_UUID)
                ? Errors.UNKNOWN_TOPIC_ID
                : whyMissing(topic, index);
    }
}
