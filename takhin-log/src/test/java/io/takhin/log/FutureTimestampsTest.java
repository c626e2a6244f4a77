package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S81: a clock that was wrong once keeps no segment open, and so no records, for ever. */
class FutureTimestampsTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final long FUTURE = Batches.NOW + HOUR.multipliedBy(1000).toMillis();

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void open() throws IOException {
        LogConfig config = config(Cleanup.delete(HOUR.multipliedBy(5).toMillis(), -1));
        directory = Directories.open(root, config, clock);
        log = Directories.orders(directory, config);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private static LogConfig config(Cleanup cleanup) {
        return Batches.anyTimestamp(Batches.config())
                .with()
                .segmentAge(HOUR.multipliedBy(3))
                .cleanup(cleanup)
                .build();
    }

    private void write(long timestamp) throws IOException {
        SimpleRecord record = new SimpleRecord(timestamp, "k".getBytes(UTF_8), "v".getBytes(UTF_8));
        assertThat(log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT))
                .isInstanceOf(Append.Done.class);
        // The file system has the machine's clock, not the test's.
        Files.setLastModifiedTime(
                log.cleaning().view().active().file().path(),
                FileTime.fromMillis(clock.wallMillis()));
    }

    private void writeEachHour(int hours) throws IOException {
        for (int i = 0; i < hours; i++) {
            clock.advance(HOUR);
            write(clock.wallMillis());
            retention().run();
        }
    }

    private RetentionLook retention() {
        return new RetentionLook(directory, Directories.ALL_VISIBLE, clock, Duration.ofMinutes(5));
    }

    private CompactionLook compaction() throws IOException {
        return new CompactionLook(
                directory,
                Directories.ALL_VISIBLE,
                clock,
                Directories.unlimited(clock, CompactionFixture.MAP_BYTES));
    }

    @Test
    void oneKeepsNothingLongerThanItsSegmentWouldStayOpenAndTheRetentionTogether()
            throws IOException {
        write(FUTURE);

        writeEachHour(15);

        // Closed after three hours, the last of its records five hours later too old.
        assertThat(log.logStartOffset()).isGreaterThanOrEqualTo(15 - (3 + 5));
        assertThat(log.logEndOffset() - log.logStartOffset()).isGreaterThanOrEqualTo(5);
    }

    @Test
    void aRestartDoesNotMakeTheSegmentYounger() throws IOException {
        write(FUTURE);
        Files.setLastModifiedTime(
                PartitionFiles.log(log.directory(), 0), FileTime.fromMillis(Batches.NOW));
        directory.close();
        clock.advance(HOUR.multipliedBy(4));
        open();

        write(clock.wallMillis());

        assertThat(log.segmentCount()).isEqualTo(2);
    }

    @Test
    void aClockThatIsALittleAheadClosesNoSegment() throws IOException {
        write(Batches.NOW + HOUR.toMillis());
        clock.advance(HOUR.dividedBy(2));
        write(clock.wallMillis());

        clock.advance(HOUR);
        write(clock.wallMillis());

        assertThat(log.segmentCount()).isEqualTo(1);
    }

    @Test
    void theActiveSegmentIsClosedForACompactionThatMustNotWaitLonger() throws IOException {
        log.reconfigure(config(Cleanup.compact(1, 0).withLag(0, HOUR.toMillis())));
        write(FUTURE);
        write(Batches.NOW);
        Directories.settle(directory, log);
        clock.advance(HOUR.plusMillis(1));

        compaction().run();

        assertThat(Batches.all(log)).containsExactly("1=v");
    }

    @Test
    void aClosedSegmentIsCompactedInTime() throws IOException {
        log.reconfigure(config(Cleanup.compact(1, 0).withLag(0, HOUR.toMillis())));
        write(FUTURE);
        write(Batches.NOW);
        log.cleaning().close(log.cleaning().view().active());
        write(FUTURE);
        Directories.settle(directory, log);
        clock.advance(HOUR.dividedBy(2));
        compaction().run();
        assertThat(Batches.all(log)).hasSize(3);
        clock.advance(HOUR);

        assertThat(compaction().status(log).overdueSeconds())
                .isEqualTo(HOUR.dividedBy(2).toSeconds());
    }
}
