package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A batch went bad that was on the disk before a crash: it costs its own records, and neither those
 * behind it nor what is known of producers, nor the start.
 */
class DamagedBatchStartTest {
    private static final LogConfig CONFIG = Batches.config(1 << 20, 4096);
    private static final int EPOCH = 3;
    private static final int OFFSET_AT = 6;
    private static final int SIZE_AT = 8;
    private static final int EPOCH_AT = 12;

    @TempDir Path root;
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void open() throws IOException {
        directory = Directories.open(root, CONFIG, new ManualClock(Batches.NOW));
        log = Directories.orders(directory, CONFIG);
    }

    @AfterEach
    void abandon() throws IOException {
        directory.abandon();
    }

    private static String value(int number) {
        return "v" + number + "x".repeat(200);
    }

    private void append(int count) {
        for (int i = 0; i < count; i++) {
            log.appendAsLeader(Batches.of(value(i)), EPOCH, Origin.CLIENT);
        }
    }

    private Append appendOf(long producer, int sequence) {
        return log.appendAsLeader(
                Batches.idempotent(producer, 0, sequence, value(sequence)), EPOCH, Origin.CLIENT);
    }

    private void appendOf(long producer, int from, int to) {
        for (int i = from; i < to; i++) {
            assertThat(appendOf(producer, i)).isInstanceOf(Append.Done.class);
        }
    }

    /** All is on the disk; index tails, too. */
    private void settle() throws IOException {
        log.files().checkpoint(Long.MAX_VALUE);
        Directories.settle(directory, log);
    }

    private Path segment() {
        return PartitionFiles.log(log.directory(), 0);
    }

    private int positionOf(long offset) throws IOException {
        try (FileChannel channel = FileChannel.open(segment())) {
            BatchScanner scanner =
                    new BatchScanner(channel, 0, (int) channel.size(), BatchScanner.LOOKUP_BYTES);
            while (scanner.next() && scanner.baseOffset() < offset) {
                // until it is there
            }
            return scanner.position();
        }
    }

    private void flip(long batch, int byteOfIt) throws IOException {
        DamagedFilesTest.flip(segment(), 8L * (positionOf(batch) + byteOfIt) + 2);
    }

    @Seeded(runs = 30)
    void aMarkerKeepsNobodyFromStarting(RandomGenerator random) throws IOException {
        log.appendAsLeader(Batches.transactional(5, 0, 0, "t"), EPOCH, Origin.CLIENT);
        log.appendAsLeader(
                Batches.marker(5, 0, ControlRecordType.ABORT, 1), EPOCH, Origin.COORDINATOR);
        append(30);
        settle();
        directory.abandon();
        int marker = positionOf(1);
        int bits = 8 * (positionOf(2) - marker);
        int bit = random.nextInt(bits);
        DamagedFilesTest.flip(segment(), 8L * marker + bit);

        open();

        assertThat(log.logEndOffset()).as("bit %d", bit).isEqualTo(32);
    }

    /** Whichever bit of it: who asks for another one gets that, unless it is found through this. */
    @Seeded(runs = 40)
    void noOtherBatchIsLost(RandomGenerator random) throws IOException {
        append(60);
        settle();
        append(40);
        log.flush();
        directory.abandon();
        long bit = random.nextLong(8L * positionOf(60));
        DamagedFilesTest.flip(segment(), bit);

        open();

        assertThat(log.logEndOffset()).as("bit %d", bit).isEqualTo(100);
        int missed = 0;
        for (int i = 0; i < 100; i++) {
            List<String> found = Batches.valuesOf(log.read(i, 1, true, 100));
            missed += found.isEmpty() ? 1 : 0;
            assertThat(found).as("bit %d", bit).isSubsetOf(i + "=" + value(i % 60));
        }
        assertThat(missed).as("bit %d", bit).isLessThan(20);
    }

    @Test
    void whatIsBehindTheRecoveryPointStays() throws IOException {
        append(60);
        settle();
        append(200);
        log.flush();
        directory.abandon();
        flip(58, SIZE_AT);

        open();

        assertThat(log.logEndOffset()).isEqualTo(260);
    }

    /** The walk leaves it somewhere within the next one, or within what is behind that. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void theLastOnesSizeCostsNothingBehindTheRecoveryPoint(int byteOfSize) throws IOException {
        append(60);
        settle();
        append(300);
        log.flush();
        directory.abandon();
        flip(59, SIZE_AT + 3 - byteOfSize);

        open();

        assertThat(log.logEndOffset()).isEqualTo(360);
        assertThat(Batches.valuesOf(log.read(359, 1, true, 360)))
                .containsExactly("359=" + value(299));
    }

    @Test
    void whatIsBehindItStaysAfterACleanStop() throws IOException {
        append(60);
        directory.close();
        flip(57, SIZE_AT);

        open();

        assertThat(log.logEndOffset()).isEqualTo(60);
    }

    /** No checksum covers it, but what follows begins where it should have ended. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 20})
    void aFirstOffsetThatJumpedCostsNothingBehindIt(int fromTheSegmentsEnd) throws IOException {
        LogConfig small = Batches.config(9000, 300);
        log.reconfigure(small);
        append(40);
        log.flush();
        long batch = log.cleaning().view().active().baseOffset() - fromTheSegmentsEnd;
        assertThat(log.segmentCount()).isEqualTo(2);
        directory.abandon();
        flip(batch, OFFSET_AT);

        open();

        assertThat(log.logEndOffset()).isEqualTo(40);
        assertThat(Batches.valuesOf(log.read(batch, 1, true, 40))).isEmpty();
        assertThat(Batches.valuesOf(log.read(39, 1, true, 40))).containsExactly("39=" + value(39));
    }

    /** Nobody has seen its epoch but the one batch. */
    @Test
    void anEpochThatIsNoneEndsNoLogWhoseEpochsAreLost() throws IOException {
        append(60);
        settle();
        append(200);
        log.flush();
        directory.abandon();
        flip(10, EPOCH_AT + 1);
        Files.write(log.directory().resolve(LeaderEpochs.NAME), new byte[20]);

        open();

        assertThat(log.logEndOffset()).isEqualTo(260);
        assertThat(log.epochs().latest()).isEqualTo(EPOCH);
    }

    @Test
    void theLastOnesEpochEndsNoLogEither() throws IOException {
        append(60);
        settle();
        append(200);
        log.flush();
        directory.abandon();
        flip(59, EPOCH_AT + 1);
        Files.write(log.directory().resolve(LeaderEpochs.NAME), new byte[20]);

        open();

        assertThat(log.logEndOffset()).isEqualTo(260);
        assertThat(log.epochs().latest()).isEqualTo(EPOCH);
    }

    @Test
    void aSmallerEpochIsNoneEither() throws IOException {
        append(60);
        settle();
        directory.abandon();
        flip(10, EPOCH_AT + 3);
        DamagedFilesTest.flip(segment(), 8L * (positionOf(10) + EPOCH_AT + 3));
        DamagedFilesTest.flip(segment(), 8L * (positionOf(10) + EPOCH_AT + 3) + 2);
        Files.write(log.directory().resolve(LeaderEpochs.NAME), new byte[20]);

        open();

        assertThat(log.logEndOffset()).isEqualTo(60);
        assertThat(log.epochs().latest()).isEqualTo(EPOCH);
        assertThat(log.epochs().endOf(EPOCH - 1, 60)).isEqualTo(new EpochEnd(EPOCH - 1, 0));
    }

    @Test
    void producersBehindItAreKnown() throws IOException {
        appendOf(5, 0, 60);
        appendOf(6, 0, 60);
        long undecided = log.logEndOffset();
        log.appendAsLeader(Batches.transactional(7, 0, 0, "undecided"), EPOCH, Origin.CLIENT);
        appendOf(5, 60, 120);
        settle();
        long end = log.logEndOffset();
        directory.abandon();
        flip(20, SIZE_AT);

        open();

        assertThat(log.logEndOffset()).isEqualTo(end);
        assertThat(log.lastStableOffset(end)).isEqualTo(undecided);
        assertThat(appendOf(6, 59)).isInstanceOf(Append.Duplicate.class);
        assertThat(appendOf(5, 120)).isInstanceOf(Append.Done.class);
    }
}
