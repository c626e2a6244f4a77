package io.takhin.replication;

import io.takhin.log.LogConfig;

/**
 * The settings of a topic that concern its replicas.
 *
 * @param minInSyncReplicas in-sync replicas without which acks=all is refused ({@code
 *     min.insync.replicas})
 */
public record ReplicaConfig(LogConfig log, int minInSyncReplicas) {}
