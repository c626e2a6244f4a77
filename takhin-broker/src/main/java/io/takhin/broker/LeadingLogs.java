package io.takhin.broker;

import io.takhin.coordinator.CoordinatorLog;
import io.takhin.coordinator.CoordinatorLogs;
import io.takhin.metadata.ClusterView;
import io.takhin.replication.HostedPartitions;
import io.takhin.replication.Partition;
import io.takhin.replication.ReplicaState;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** The partitions this broker leads, in the form in which coordinators keep their state in them. */
final class LeadingLogs implements CoordinatorLogs {
    private final Supplier<ClusterView> cluster;
    private final HostedPartitions hosted;

    LeadingLogs(Supplier<ClusterView> cluster, HostedPartitions hosted) {
        this.cluster = cluster;
        this.hosted = hosted;
    }

    @Override
    public @Nullable CoordinatorLog leading(TopicPartition name) {
        Partition partition = find(name);
        return partition != null && partition.state() instanceof ReplicaState.Leader leader
                ? new LeadingLog(partition, leader.leaderEpoch())
                : null;
    }

    @Override
    public OptionalLong highWatermark(TopicPartition name) {
        Partition partition = find(name);
        return partition != null && partition.isLeader()
                ? OptionalLong.of(partition.highWatermark())
                : OptionalLong.empty();
    }

    private @Nullable Partition find(TopicPartition name) {
        ClusterView.Topic topic = cluster.get().topic(name.topic());
        return topic == null ? null : hosted.get(topic.id(), name.partition());
    }
}
