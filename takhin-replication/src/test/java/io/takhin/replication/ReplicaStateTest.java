package io.takhin.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.replication.ReplicaState.Follower;
import io.takhin.replication.ReplicaState.Leader;
import io.takhin.replication.ReplicaState.Offline;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** The whole table: every state with every kind of news. */
class ReplicaStateTest {
    private static final int SELF = 1;
    private static final int OTHER = 2;

    @Test
    void aNewerEpochDecidesWhoLeads() {
        for (ReplicaState before : List.of(new Leader(4), new Follower(4, OTHER))) {
            assertThat(before.onLeader(5, SELF, SELF)).isEqualTo(new Leader(5));
            assertThat(before.onLeader(5, OTHER, SELF)).isEqualTo(new Follower(5, OTHER));
            assertThat(before.onLeader(5, -1, SELF)).isEqualTo(new Follower(5, -1));
        }
    }

    @Test
    void newsOfAnOlderEpochChangesNothing() {
        for (ReplicaState before : List.of(new Leader(4), new Follower(4, OTHER))) {
            assertThat(before.onLeader(3, SELF, SELF)).isEqualTo(before);
            assertThat(before.onLeader(3, OTHER, SELF)).isEqualTo(before);
        }
    }

    @Test
    void anOfflineReplicaStaysSo() {
        ReplicaState offline = new Offline(4, "disk failed", Errors.KAFKA_STORAGE_ERROR);

        assertThat(offline.onLeader(5, SELF, SELF)).isEqualTo(offline);
    }
}
