package io.takhin.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.coordinator.GroupLag.Lag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The numbers behind the metric of consumer lag. */
class GroupLagTest {
    private final Groups groups = Groups.serving("orders", 4);
    private final GroupLag lag = new GroupLag(groups.coordination, groups::highWatermark);

    @AfterEach
    void stop() {
        groups.close();
    }

    @Test
    void lagIsWhatLiesBetweenTheCommitAndTheHighWatermark() { // S158
        new CommittedOffsets(groups, "g").commit("orders", 0, 40);
        new CommittedOffsets(groups, "g").commit("orders", 1, 7);
        new CommittedOffsets(groups, "h").commit("orders", 0, 100);
        groups.highWatermark("orders", 0, 100);
        groups.highWatermark("orders", 1, 7);

        var measured = Groups.get(lag.measure(100));

        assertThat(measured)
                .containsExactlyInAnyOrder(
                        new Lag("g", "orders", 0, 60),
                        new Lag("g", "orders", 1, 0),
                        new Lag("h", "orders", 0, 0));
    }

    @Test
    void aCommitBeyondTheEndIsNoLag() {
        new CommittedOffsets(groups, "g").commit("orders", 0, 40);
        groups.highWatermark("orders", 0, 10);

        var measured = Groups.get(lag.measure(100));

        assertThat(measured).containsExactly(new Lag("g", "orders", 0, 0));
    }

    @Test
    void partitionsLedElsewhereAreLeftOut() {
        new CommittedOffsets(groups, "g").commit("orders", 0, 40);

        assertThat(Groups.get(lag.measure(100))).isEmpty();
    }

    @Test
    void aFloodOfGroupsIsCutOff() {
        groups.highWatermark("orders", 0, 100);
        for (int each = 0; each < 20; each++) {
            new CommittedOffsets(groups, "group-" + each).commit("orders", 0, each);
        }

        assertThat(Groups.get(lag.measure(5))).hasSize(5);
    }
}
