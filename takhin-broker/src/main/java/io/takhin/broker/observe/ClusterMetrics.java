package io.takhin.broker.observe;

import java.util.Collection;

/**
 * What the broker tells about itself when metrics are asked for. Nothing here is counted per
 * request: each value is looked up at the time of asking.
 *
 * <p>Threads: called from the metrics endpoint's threads.
 */
public interface ClusterMetrics {
    int activeConnections();

    /** Bytes of all logs on this broker. */
    long storageBytes();

    /** This node's part in the metadata quorum: leader, follower, candidate, observer, offline. */
    String raftRole();

    /** Registered brokers. */
    int clusterSize();

    /** Records by which the slowest follower is behind a partition this broker leads. */
    long replicaLagMax();

    /** Partitions led here with fewer in-sync replicas than replicas. */
    int underReplicatedPartitions();

    /** How far each group with committed offsets is behind, for partitions led here. */
    Collection<ConsumerLag> consumerLags();

    /** Records from a group's committed offset to the end that consumers see. */
    record ConsumerLag(String group, String topic, int partition, long messages) {}
}
