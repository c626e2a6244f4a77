package io.takhin.replication;

import org.apache.kafka.common.protocol.Errors;

/**
 * What this broker is for one partition. An offline replica stays so until the broker starts again:
 * its disk has failed, and what the page cache says cannot be trusted any more.
 */
public sealed interface ReplicaState {
    /** The epoch of the leader this replica knows; -1 before any was named. */
    int leaderEpoch();

    record Leader(int leaderEpoch) implements ReplicaState {}

    /**
     * Another broker leads, or none does.
     *
     * @param leaderId -1 where none leads
     */
    record Follower(int leaderEpoch, int leaderId) implements ReplicaState {}

    /**
     * Nothing is written or read here any more.
     *
     * @param outcome what clients are told: that the disk failed, or that the partition is gone
     */
    record Offline(int leaderEpoch, String why, Errors outcome) implements ReplicaState {}

    /** The state after the metadata log named a leader; news of an older epoch changes nothing. */
    default ReplicaState onLeader(int newEpoch, int leaderId, int self) {
        if (newEpoch < leaderEpoch() || this instanceof Offline) {
            return this;
        }
        return leaderId == self ? new Leader(newEpoch) : new Follower(newEpoch, leaderId);
    }
}
