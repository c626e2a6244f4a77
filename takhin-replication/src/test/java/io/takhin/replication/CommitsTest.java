package io.takhin.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class CommitsTest {
    private final Commits commits = new Commits();
    private final List<String> told = new ArrayList<>();

    @Test
    void aWaitEndsOnceItsRecordsAreCommitted() {
        commits.await(wait("a", 10, 0));

        commits.advanceTo(9);
        assertThat(told).isEmpty();
        commits.advanceTo(10);

        assertThat(told).containsExactly("a NONE");
    }

    @Test
    void aWaitForWhatIsCommittedAlreadyEndsAtOnce() {
        commits.advanceTo(10);

        commits.await(wait("a", 10, 0));

        assertThat(told).containsExactly("a NONE");
    }

    @Test
    void waitsEndInTheOrderOfTheirOffsets() {
        commits.await(wait("late", 30, 0));
        commits.await(wait("early", 10, 0));
        commits.await(wait("middle", 20, 0));

        commits.advanceTo(25);

        assertThat(told).containsExactly("early NONE", "middle NONE");
    }

    @Test
    void aLateReportDoesNotMoveItBack() {
        commits.advanceTo(10);

        commits.advanceTo(3);

        assertThat(commits.committed()).isEqualTo(10);
    }

    @Test
    void aNewLeadershipThatBeginsBehindAWaitEndsIt() {
        commits.await(wait("a", 10, 0));
        commits.await(wait("b", 20, 0));

        commits.restartAt(10);

        assertThat(told).containsExactly("a NONE");
    }

    @Test
    void whenLeadershipEndsEveryWaitIsTold() {
        commits.await(wait("a", 10, 0));
        commits.await(wait("b", 20, 0));

        commits.failAll(Errors.NOT_LEADER_OR_FOLLOWER);
        commits.advanceTo(20);

        assertThat(told)
                .containsExactlyInAnyOrder("a NOT_LEADER_OR_FOLLOWER", "b NOT_LEADER_OR_FOLLOWER");
    }

    @Test
    void aWaitWhoseTimeIsUpIsToldSoAndTheOthersGoOn() {
        commits.await(wait("impatient", 10, 100));
        commits.await(wait("patient", 10, 1000));

        commits.expire(101);
        commits.advanceTo(10);

        assertThat(told).containsExactly("impatient REQUEST_TIMED_OUT", "patient NONE");
    }

    private CommitWait wait(String name, long offset, long deadlineNanos) {
        return new CommitWait(offset, deadlineNanos) {
            @Override
            protected void done(Errors outcome) {
                told.add(name + " " + outcome);
            }
        };
    }
}
