package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.file.PartitionFiles;
import io.takhin.log.index.TimeIndex;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S81, S82: old records go by age and by size, and only those that may. */
class RetentionTest {
    private static final long HOUR = Duration.ofHours(1).toMillis();
    private static final long SEGMENT_BYTES = 500;

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private LogDirectory directory;
    private PartitionLog log;
    private long highWatermark = Long.MAX_VALUE;

    @BeforeEach
    void open() throws IOException {
        directory = Directories.open(root, config(Cleanup.NONE), clock);
        log = Directories.orders(directory, config(Cleanup.NONE));
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private static LogConfig config(Cleanup cleanup) {
        return Batches.config(SEGMENT_BYTES, 100).withCleanup(cleanup);
    }

    /** Three to a segment. */
    private void write(int records, long timestamp) {
        for (int i = 0; i < records; i++) {
            Append done =
                    log.appendAsLeader(
                            Batches.of(Compression.NONE, Batches.record(timestamp, "v".repeat(80))),
                            0,
                            Origin.CLIENT);
            assertThat(done).isInstanceOf(Append.Done.class);
        }
    }

    private RetentionLook look() {
        return new RetentionLook(
                directory,
                each -> Math.min(highWatermark, each.logEndOffset()),
                clock,
                Duration.ofMinutes(5));
    }

    private void keep(Cleanup cleanup) {
        log.reconfigure(config(cleanup));
    }

    private List<String> logFiles() throws IOException {
        try (Stream<Path> files = Files.list(log.directory())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".log"))
                    .sorted()
                    .toList();
        }
    }

    // S81
    @Test
    void segmentsGoOnceTheirYoungestRecordIsTooOld() {
        write(3, Batches.NOW - 3 * HOUR);
        write(3, Batches.NOW - HOUR);
        write(3, Batches.NOW);
        keep(Cleanup.delete(2 * HOUR, -1));

        look().run();

        assertThat(log.logStartOffset()).isEqualTo(3);
        clock.advance(Duration.ofHours(1).plusMillis(1));
        look().run();
        assertThat(log.logStartOffset()).isEqualTo(6);
    }

    // S81, S82
    @Test
    void theOldestSegmentsGoUntilTheLogIsSmallEnough() throws IOException {
        write(12, Batches.NOW);
        long bytes = log.sizeInBytes();
        keep(Cleanup.delete(-1, bytes / 2));

        look().run();

        assertThat(log.logStartOffset()).isEqualTo(6);
        assertThat(log.sizeInBytes()).isEqualTo(bytes / 2);
        assertThat(logFiles())
                .containsExactly("00000000000000000006.log", "00000000000000000009.log");
    }

    @Test
    void aSegmentStaysWhileTheLogWouldBeSmallerThanItMayBe() {
        write(12, Batches.NOW);
        keep(Cleanup.delete(-1, log.sizeInBytes() - 10));

        look().run();

        assertThat(log.logStartOffset()).isZero();
    }

    @Test
    void withoutDeleteInItsPolicyNothingGoes() {
        write(12, Batches.NOW - 100 * HOUR);
        keep(new Cleanup(false, false, 1, 1, 0.5, 0, Long.MAX_VALUE, 0));

        look().run();

        assertThat(log.logStartOffset()).isZero();
    }

    @Test
    void theActiveSegmentGoesTooOnceAllOfItIsTooOld() throws IOException {
        write(4, Batches.NOW - 3 * HOUR);
        keep(Cleanup.delete(2 * HOUR, -1));

        look().run();

        assertThat(log.logStartOffset()).isEqualTo(4);
        assertThat(log.logEndOffset()).isEqualTo(4);
        assertThat(logFiles()).containsExactly("00000000000000000004.log");
        write(1, Batches.NOW);
        assertThat(Batches.all(log)).containsExactly("4=" + "v".repeat(80));
    }

    @Test
    void anEmptiedLogGoesOnWhereItWasAfterARestart() throws IOException {
        write(4, Batches.NOW - 3 * HOUR);
        keep(Cleanup.delete(2 * HOUR, -1));
        look().run();
        directory.abandon();

        directory = Directories.open(root, config(Cleanup.NONE), clock);
        log = Directories.orders(directory, config(Cleanup.NONE));

        assertThat(log.logStartOffset()).isEqualTo(4);
        assertThat(log.logEndOffset()).isEqualTo(4);
    }

    @Test
    void nothingGoesThatIsNotBelowTheHighWatermark() {
        write(9, Batches.NOW - 3 * HOUR);
        keep(Cleanup.delete(2 * HOUR, -1));
        highWatermark = 5;

        look().run();

        assertThat(log.logStartOffset()).isEqualTo(3);
    }

    @Test
    void nothingGoesWhileTheHighWatermarkIsNotKnown() {
        write(9, Batches.NOW - 3 * HOUR);
        keep(Cleanup.delete(2 * HOUR, 0));
        highWatermark = -1;

        look().run();

        assertThat(log.logStartOffset()).isZero();
    }

    // A clock that was wrong once must neither keep records for ever nor cost them at once.
    @Test
    void aTimestampInTheFutureCountsFromWhenItWasWritten() throws IOException {
        log.reconfigure(acceptingAnyTime());
        write(3, Batches.NOW + 1000 * HOUR);
        write(3, Batches.NOW);
        setLastWritten(0, Batches.NOW);
        keep(Cleanup.delete(2 * HOUR, -1));

        look().run();

        assertThat(log.logStartOffset()).isZero();
        clock.advance(Duration.ofHours(2).plusMillis(1));
        look().run();
        assertThat(log.logStartOffset()).isEqualTo(6);
    }

    private static LogConfig acceptingAnyTime() {
        return Batches.anyTimestamp(config(Cleanup.NONE));
    }

    private void setLastWritten(long segment, long millis) throws IOException {
        Files.setLastModifiedTime(
                PartitionFiles.log(log.directory(), segment), FileTime.fromMillis(millis));
    }

    @Test
    void recordsWithoutTimestampsAgeFromWhenTheyWereWritten() throws IOException {
        write(3, -1);
        write(3, -1);
        setLastWritten(0, Batches.NOW - 3 * HOUR);
        setLastWritten(3, Batches.NOW);
        keep(Cleanup.delete(2 * HOUR, -1));

        look().run();

        assertThat(log.logStartOffset()).isEqualTo(3);
    }

    // After DeleteRecords a restart finds the files of a log that starts behind them.
    @Test
    void segmentsBelowTheLogsStartGoWhateverThePolicy() throws IOException {
        write(9, Batches.NOW);
        log.flush();
        directory.close();
        Files.delete(log.directory().resolve(LeaderEpochs.NAME));
        OffsetCheckpoint.write(
                root.resolve(OffsetCheckpoint.LOG_STARTS),
                java.util.Map.of(Directories.ORDERS, 7L));
        directory = Directories.open(root, config(Cleanup.NONE), clock);
        log = Directories.orders(directory, config(Cleanup.NONE));

        look().run();

        assertThat(logFiles()).containsExactly("00000000000000000006.log");
        assertThat(log.logStartOffset()).isEqualTo(7);
    }

    // A power cut may take what the index of a closed segment had not brought to the disk.
    @Test
    void aDamagedTimeIndexDeletesNothingEarly() throws IOException {
        write(3, Batches.NOW);
        write(3, Batches.NOW);
        log.flush();
        directory.close();
        Path index = PartitionFiles.timeIndex(log.directory(), 0);
        Files.write(index, new byte[TimeIndex.ENTRY_BYTES]);
        directory = Directories.open(root, config(Cleanup.NONE), clock);
        log = Directories.orders(directory, config(Cleanup.NONE));
        keep(Cleanup.delete(2 * HOUR, -1));

        look().run();

        assertThat(log.logStartOffset()).isZero();
    }

    @Test
    void aReaderGoesOnWithASegmentThatIsDeleted() throws IOException {
        write(3, Batches.NOW - 3 * HOUR);
        write(3, Batches.NOW);
        LogRead read = log.read(0, 1 << 20, true, log.logEndOffset());
        keep(Cleanup.delete(2 * HOUR, -1));

        look().run();

        assertThat(Batches.valuesOf(read)).hasSize(3);
    }

    @Test
    void theOutlookSaysWhenTheOldestSegmentGoes() {
        write(4, Batches.NOW);
        keep(Cleanup.delete(2 * HOUR, 10_000));

        String outlook = look().outlook(log);

        assertThat(outlook)
                .contains("offsets 0 to 4 in 2 segments")
                .contains("retention.ms=7200000 would delete segment 00000000000000000000")
                .contains("at 2023-11-15T00:13:20Z")
                .contains("retention.bytes=10000 would delete it when")
                .contains("looked at every 300000 ms")
                .doesNotContain("active segment");
    }

    @Test
    void theOutlookSaysWhatHoldsASegmentBack() throws IOException {
        log.reconfigure(acceptingAnyTime());
        write(2, Batches.NOW + 1000 * HOUR);
        setLastWritten(0, Batches.NOW - 3 * HOUR);
        keep(Cleanup.delete(2 * HOUR, -1));
        highWatermark = 1;

        String outlook = look().outlook(log);

        assertThat(outlook)
                .contains("lies in the future")
                .contains("reaches behind the high watermark 1")
                .contains("it is the active segment")
                .contains("retention.bytes=-1 deletes nothing");
    }
}
