package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A transaction index without an entry that a marker in its segment seems to ask for: the records
 * that were rolled back lie in the segment before, or did until compaction took them and then, as
 * Kafka's does, the entry.
 */
class CompactedTransactionIndexTest extends CompactionFixture {
    private static final long PRODUCER = 10;

    private List<AbortedTransaction> undone = List.of();

    @BeforeEach
    void beginInOneSegmentAndEndInTheNext() throws IOException {
        log.reconfigure(Batches.config(600, 100));
        append(Batches.transactional(PRODUCER, 0, 0, "undone"), Origin.CLIENT);
        fill("a", 2);
        append(Batches.marker(PRODUCER, 0, ControlRecordType.ABORT, 1), Origin.COORDINATOR);
        // A producer's last batch would stay, without its records.
        append(Batches.transactional(PRODUCER, 0, 1, "later"), Origin.CLIENT);
        append(Batches.marker(PRODUCER, 0, ControlRecordType.COMMIT, 1), Origin.COORDINATOR);
        fill("b", 4);
        log.reconfigure(CONFIG.withCleanup(Cleanup.compact(0, 60_000)));
        undone = entriesOfSecond();
        assertThat(undone).hasSize(1);
        assertThat(undone.getFirst().firstOffset()).isZero();
    }

    private void append(ByteBuffer batch, Origin origin) {
        assertThat(log.appendAsLeader(batch, 0, origin)).isInstanceOf(Append.Done.class);
    }

    /** With keys that occur once. */
    private void fill(String keys, int segments) throws IOException {
        for (int i = 0; log.cleaning().view().segments().size() < segments; i++) {
            write(log, keys + i, ".".repeat(60));
        }
        Directories.settle(directory, log);
    }

    private Segment second() {
        return log.cleaning().view().segments().get(1);
    }

    private List<AbortedTransaction> entriesOfSecond() throws IOException {
        return second().transactions().all();
    }

    private void compactAway() throws IOException {
        CompactionLook look = look(directory, clock);
        look.run();
        assertThat(entriesOfSecond()).as("while records are still met").isEqualTo(undone);
        fill("c", log.cleaning().view().segments().size() + 1);
        look.run();
        assertThat(entriesOfSecond()).as("once they are gone").isEmpty();
    }

    private List<AbortedTransaction> answerAfterARestart() throws IOException {
        open();
        return log.abortedTransactions(0, log.logEndOffset());
    }

    @Test
    void nothingIsMissingWhereCompactionTookTheRecordsFromAnEarlierSegment() throws IOException {
        compactAway();
        directory.close();

        assertThat(answerAfterARestart()).isEmpty();
        assertThat(second().transactions().isChecked()).isTrue();
        assertThat(entriesOfSecond()).isEmpty();
    }

    @Test
    void theIndexIsMadeAnewWhereRecordsAreLeftInAnEarlierSegment() throws IOException {
        directory.close();
        Files.delete(second().transactions().file().path());

        assertThat(answerAfterARestart()).isEqualTo(undone);
        assertThat(entriesOfSecond()).isEqualTo(undone);
    }

    @Test
    void theIndexIsMadeAnewWhereADamagedBatchMayHaveHeldTheRecords() throws IOException {
        compactAway();
        directory.close();
        Path earlier = PartitionFiles.log(log.directory(), 0);
        DamagedFilesTest.flip(earlier, 8 * Files.size(earlier) - 1);

        List<AbortedTransaction> answer = answerAfterARestart();

        assertThat(answer).extracting(AbortedTransaction::producerId).containsExactly(PRODUCER);
        assertThat(answer).extracting(AbortedTransaction::firstOffset).containsExactly(0L);
    }
}
