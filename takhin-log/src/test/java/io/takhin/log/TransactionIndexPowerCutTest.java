package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * A transaction index says after a power cut what the batches do, also where the start does not
 * look at these again: Kafka, which may be the next to open the directory, believes it.
 */
class TransactionIndexPowerCutTest extends PowerCutFixture {
    private static final long PRODUCER = 7;

    /** Before anybody who asks has it put right. */
    private List<AbortedTransaction> entries() throws IOException {
        return segments().getFirst().transactions().all();
    }

    private Path file(String suffix) {
        return file(0, suffix);
    }

    private Path file(long baseOffset, String suffix) {
        return log.directory().resolve(PartitionFiles.name(baseOffset, suffix));
    }

    /** In the first of two segments one transaction is rolled back, from offset 1 to 2. */
    private void writeTwoSegments() {
        append("first");
        begin(PRODUCER);
        rollBack(PRODUCER);
        fill(2);
    }

    private static List<AbortedTransaction> theTransaction() {
        return List.of(new AbortedTransaction(PRODUCER, 1, 2, 3));
    }

    @Seeded(runs = 50)
    void itsNameIsDurableWithTheFlushOfItsFirstEntry(RandomGenerator random) throws IOException {
        start(random);
        append("first");
        log.flush();
        begin(PRODUCER);
        rollBack(PRODUCER);
        append("x".repeat(200));
        append("x".repeat(200));
        log.files().checkpoint(Long.MAX_VALUE);
        settle();

        cutPower();

        assertThat(entries()).isEqualTo(theTransaction());
    }

    @Seeded(runs = 10)
    void whatWasCutOffDoesNotComeBack(RandomGenerator random) throws IOException {
        start(random);
        writeTwoSegments();
        settle();
        truncateTo(2);
        fill(2);
        settle();

        cutPower();

        assertThat(entries()).isEmpty();
    }

    @Seeded(runs = 10)
    void afterAKillItIsDurableWithTheNextFlush(RandomGenerator random) throws IOException {
        start(random);
        append("first");
        settle();
        begin(PRODUCER);
        rollBack(PRODUCER);
        kill();
        fill(2);
        settle();

        cutPower();

        assertThat(entries()).isEqualTo(theTransaction());
    }

    @Seeded(runs = 50)
    void aStartThatFindsItRightTakesNothingFromIt(RandomGenerator random) throws IOException {
        start(random);
        writeTwoSegments();
        settle();
        forgetEpochs();
        kill();

        cutPower();

        assertThat(entries()).isEqualTo(theTransaction());
    }

    @Seeded(runs = 10)
    void whatAStartAddsIsThereForTheNextOne(RandomGenerator random) throws IOException {
        start(random);
        writeTwoSegments();
        settle();
        Files.delete(file(PartitionFiles.TRANSACTION_INDEX));
        Files.delete(file(PartitionFiles.OFFSET_INDEX));
        kill();

        cutPower();

        assertThat(entries()).isEqualTo(theTransaction());
    }

    @Seeded(runs = 1)
    void zerosThatACrashLeftAreNoTransactions(RandomGenerator random) throws IOException {
        start(random);
        fill(2);
        settle();
        Path index = file(segments().getLast().baseOffset(), PartitionFiles.TRANSACTION_INDEX);
        append("x".repeat(200));
        append("x".repeat(200));
        settle();
        log.files().checkpoint(0);
        Files.write(index, new byte[2 * TransactionIndex.ENTRY_BYTES]);

        kill();

        assertThat(Files.size(index)).isZero();
    }

    /** Kafka would write its next entry behind it. */
    @Seeded(runs = 1)
    void halfAnEntryIsCutOff(RandomGenerator random) throws IOException {
        start(random);
        append("first");
        begin(PRODUCER);
        rollBack(PRODUCER);
        log.flush();
        Path index = file(PartitionFiles.TRANSACTION_INDEX);
        Files.write(index, new byte[TransactionIndex.ENTRY_BYTES / 2], StandardOpenOption.APPEND);

        kill();

        assertThat(Files.size(index)).isEqualTo(TransactionIndex.ENTRY_BYTES);
        assertThat(entries()).isEqualTo(theTransaction());
    }

    @Seeded(runs = 200)
    void aSegmentThatIsGoingHasItAsLongAsItsRecords(RandomGenerator random) throws IOException {
        start(random);
        writeTwoSegments();
        settle();
        disk().cutPowerAfter(8 + random.nextInt(5));
        try {
            log.advanceLogStart(segments().getLast().baseOffset());
        } catch (KafkaStorageException e) {
            assertThat(disk().isOut()).as(e.toString()).isTrue();
        }

        cutPower();

        if (segments().getFirst().baseOffset() == 0) {
            assertThat(entries()).isEqualTo(theTransaction());
        }
    }
}
