package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.journal.JournalFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** What was cut or deleted after it was in the journal does not come back. */
class JournalCutTest extends JournalFixture {
    @Test
    void whatWasCutDoesNotComeBack() throws IOException {
        prepare();
        int kept = written.size();
        append("a");
        append("b");
        truncateTo(kept);
        append("c");
        long end = Files.size(segment());
        crash(end);

        reopen();

        assertThat(found()).isEqualTo(written);
    }

    /** All of the same size, so that some of either could make up a log. */
    @Test
    void noLogIsMadeUpOfWhatWasCutAndWhatFollowed() throws IOException {
        prepare();
        directory.writeCheckpoints();
        List<String> before = List.copyOf(written);
        int behind = (int) Files.size(segment());
        append("a" + "x".repeat(600));
        append("b" + "x".repeat(600));
        long both = Files.size(segment());
        orders().truncateTo(before.size());
        orders().appendAsLeader(Batches.of("c" + "x".repeat(600)), 1, Origin.CLIENT);
        orders().appendAsLeader(Batches.of("d" + "x".repeat(600)), 1, Origin.CLIENT);
        crash(both);
        // What has the first one's header was not on the disk, and what is behind it was.
        overwrite(segment(), behind, new byte[512]);

        reopen();

        List<String> more = found().subList(before.size(), found().size());
        assertThat(more.stream().map(text -> text.replaceAll(".*=|x", ""))).isSubsetOf("a", "b");
    }

    /** Returns when a cut is durable, though no record followed it. */
    private void flushCut() {
        orders().requestFlush();
        PartitionLog other =
                directory.open(new TopicPartition("other", 0), topic, Batches.config());
        other.appendAsLeader(Batches.of("x"), 0, Origin.CLIENT);
        other.flush();
    }

    @Test
    void whatWasCutDoesNotComeBackWhereNothingFollowedIt() throws IOException {
        prepare();
        int kept = written.size();
        append("a");
        append("b");
        truncateTo(kept);
        flushCut();
        crash(Files.size(segment()));

        reopen();

        assertThat(found()).isEqualTo(written);
    }

    @Test
    void aCutIsSaidInTheNextHalfWhereOneIsFull() throws IOException {
        prepare();
        int kept = written.size();
        while (backlog().journalBytes() < HALF_BYTES - JournalFormat.BLOCK_BYTES) {
            append("a");
        }
        truncateTo(kept);
        flushCut();
        crash(Files.size(segment()));

        reopen();

        assertThat(found()).isEqualTo(written);
    }

    @Test
    void aLogThatWasEmptiedStaysEmpty() throws IOException {
        prepare();
        append("a");
        orders().truncateFullyAndStartAt(0);
        written.clear();
        append("b");
        crash(Files.size(segment()));

        reopen();

        assertThat(found()).containsExactly("0=b");
    }

    @Test
    void aTopicThatCameBackUnderItsNameGetsNothingOfTheOldOne() throws IOException {
        prepare();
        List<String> values = written.stream().map(each -> each.split("=", 2)[1]).toList();
        append("old");
        directory.delete(ORDERS);
        Uuid other = Uuid.randomUuid();
        PartitionLog log = directory.open(ORDERS, other, Batches.config());
        // Ends where the old topic's entry would go on.
        values.forEach(value -> log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT));
        log.flush();
        directory.abandon();

        reopen();

        assertThat(directory.open(ORDERS, other, Batches.config()).logEndOffset())
                .isEqualTo(values.size());
    }

    @Test
    void aDeletedTopicIsNotMissed() throws IOException {
        prepare();
        append("a");
        directory.delete(ORDERS);
        directory.abandon();

        reopen();

        assertThat(directory.get(ORDERS)).isNull();
        assertThat(directory.isOnline()).isTrue();
    }

    private void truncateTo(int kept) {
        orders().truncateTo(kept);
        written.subList(kept, written.size()).clear();
    }
}
