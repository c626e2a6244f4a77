package io.takhin.replication;

/** Told when this broker begins or ends to lead a partition. Called on the metadata thread. */
public interface LeadershipListener {
    void began(Partition partition, int leaderEpoch);

    /** Also called when the partition was deleted. */
    void ended(Partition partition);
}
