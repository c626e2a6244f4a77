package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.journal.JournalContents;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What goes to the journal, and how its halves become free again. */
class JournalTest extends JournalFixture {
    @Test
    void theRecoveryPointStaysBelowWhatTheSegmentsHold() throws IOException {
        prepare();
        long inSegments = orders().logEndOffset();
        append("a");

        directory.writeCheckpoints();

        assertThat(orders().durableEndOffset()).isEqualTo(inSegments + 1);
        assertThat(orders().writtenRecoveryPoint()).isEqualTo(inSegments);
    }

    @Test
    void aFullHalfIsFreeAgainWhenTheSegmentsHaveCaughtUp() {
        prepare();
        for (int i = 0; backlog().checkpointMillis() == 0; i++) {
            append("value " + i);
        }

        assertThat(orders().writtenRecoveryPoint()).isPositive();
        assertThat(backlog().journalBytes()).isLessThan(2 * HALF_BYTES);
    }

    @Test
    void segmentsThatLagFarBehindCatchUpBeforeTheHalfIsFull() {
        prepare();
        long inSegments = orders().recoveryPoint();

        for (int i = 0; i < 4; i++) {
            append("x".repeat(8 << 10));
        }
        while (orders().recoveryPoint() == inSegments) {
            Thread.onSpinWait();
        }

        assertThat(backlog().journalBytes()).isBetween(32L << 10, (long) HALF_BYTES);
        assertThat(backlog().checkpointMillis()).isZero();
    }

    @Test
    void aCleanStopLeavesTheJournalEmpty() throws IOException {
        prepare();
        append("a");

        directory.close();

        JournalContents left = JournalContents.read(root, HALF_BYTES, false);
        assertThat(left.hasEntries()).isFalse();
        reopen();
        assertThat(found()).isEqualTo(written);
    }

    @Test
    void withoutSpaceForAJournalSegmentsAreSynced() throws IOException {
        // A directory in the journal's place is as good as a full disk.
        Files.createDirectory(journal());

        append("a");
        append("b");

        assertThat(orders().durableEndOffset()).isEqualTo(2);
        assertThat(backlog().journalCapacity()).isZero();
        assertThat(directory.isOnline()).isTrue();
        directory.close();
        Files.delete(journal());
        reopen();
    }

    @Test
    void aJournalThatCouldNotBePreparedIsTriedAgainLater() throws IOException {
        Files.createDirectory(journal());
        append("a");
        append("b");
        Files.delete(journal());

        while (backlog().journalCapacity() < 2 * HALF_BYTES) {
            clock.advance(Duration.ofSeconds(30));
            append("later");
        }

        assertThat(directory.isOnline()).isTrue();
        assertThat(found()).isEqualTo(written);
    }

    @Test
    void aLargeRunIsSyncedWhereItLies() {
        prepare();

        append("x".repeat(20 << 10));

        assertThat(backlog().journalBytes()).isZero();
        assertThat(orders().recoveryPoint()).isEqualTo(orders().logEndOffset());
    }

    @Test
    void roundsAreObserved() {
        prepare();
        List<FlushObserver.Target> targets = Collections.synchronizedList(new ArrayList<>());
        directory.groupCommit().observe((target, logs, bytes, nanos) -> targets.add(target));

        append("small");
        append("x".repeat(20 << 10));
        directory.close();

        assertThat(targets).startsWith(FlushObserver.Target.JOURNAL, FlushObserver.Target.SEGMENTS);
    }
}
