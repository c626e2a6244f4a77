package io.takhin.broker;

import io.takhin.coordinator.GroupCoordination;
import io.takhin.replication.LeadershipListener;
import io.takhin.replication.Partition;
import io.takhin.replication.ReplicaState;
import java.util.OptionalInt;
import org.apache.kafka.common.internals.Topic;

/** Whoever leads a partition of the offsets topic coordinates the groups in it. */
record GroupLeadership(GroupCoordination groups) implements LeadershipListener {
    @Override
    public void began(Partition partition, int leaderEpoch) {
        if (holdsGroups(partition)) {
            groups.becameLeader(
                    partition.topicPartition().partition(),
                    leaderEpoch,
                    new LeadingLog(partition, leaderEpoch));
        }
    }

    @Override
    public void ended(Partition partition) {
        if (holdsGroups(partition)) {
            OptionalInt epoch =
                    partition.state() instanceof ReplicaState.Follower follower
                            ? OptionalInt.of(follower.leaderEpoch())
                            : OptionalInt.empty();
            groups.resigned(partition.topicPartition().partition(), epoch);
        }
    }

    private static boolean holdsGroups(Partition partition) {
        return partition.topicPartition().topic().equals(Topic.GROUP_METADATA_TOPIC_NAME);
    }
}
