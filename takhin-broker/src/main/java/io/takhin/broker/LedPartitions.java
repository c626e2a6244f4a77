package io.takhin.broker;

import io.takhin.coordinator.HighWatermarks;
import io.takhin.metadata.ClusterView;
import io.takhin.replication.HostedPartitions;
import io.takhin.replication.Partition;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;

/** The partitions this broker leads, as those see them who only want to know how far they reach. */
record LedPartitions(Supplier<ClusterView> cluster, HostedPartitions hosted)
        implements HighWatermarks {
    @Override
    public OptionalLong of(TopicPartition name) {
        ClusterView.Topic topic = cluster.get().topic(name.topic());
        Partition partition = topic == null ? null : hosted.get(topic.id(), name.partition());
        return partition != null && partition.isLeader()
                ? OptionalLong.of(partition.highWatermark())
                : OptionalLong.empty();
    }
}
