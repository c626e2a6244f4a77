package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.CleanerOffsets;
import io.takhin.log.checkpoint.GapOffsets;
import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A kill after which no recovery point explains what compaction took: segments of which it left
 * nothing must not be taken for a loss, and all behind them be dropped.
 */
class LostRecoveryPointsTest {
    private static final LogConfig DEFAULTS = Batches.config(600, 100);
    private static final LogConfig COMPACTED = DEFAULTS.withCleanup(Cleanup.compact(0.1, 60_000));
    private static final TopicPartition OTHER = new TopicPartition("other", 0);

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path root = disk.root().resolve("data");
    private LogDirectory directory;
    private PartitionLog log;
    private PartitionLog other;

    @BeforeEach
    void write() throws IOException {
        open();
        other = directory.open(OTHER, Uuid.randomUuid(), COMPACTED);
        fill(log);
        fill(other);
        directory.writeCheckpoints();
    }

    @AfterEach
    void stop() {
        directory.close();
    }

    /** What a topic's settings say is not known yet when its log is read back. */
    private void open() throws IOException {
        directory = LogDirectory.open(root, Directories.settings(DEFAULTS, 1), clock);
        log = Directories.orders(directory, COMPACTED);
    }

    /** Compaction leaves nothing of the first segments. */
    private static void fill(PartitionLog log) {
        for (int i = 0; i < 20; i++) {
            write(log, "again", i);
        }
        for (int i = 20; i < 30; i++) {
            write(log, "once" + i, i);
        }
        log.flush();
    }

    private static void write(PartitionLog log, String key, int number) {
        String value = "v" + number + ".".repeat(60);
        SimpleRecord record =
                new SimpleRecord(Batches.NOW, key.getBytes(UTF_8), value.getBytes(UTF_8));
        assertThat(log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT))
                .isInstanceOf(Append.Done.class);
    }

    private CompactionLook look(BooleanSupplier stopped) {
        return new CompactionLook(
                directory,
                Directories.ALL_VISIBLE,
                clock,
                new Compaction.Pace(1 << 16, new Throttle(clock, 0), stopped));
    }

    private void compact() {
        look(() -> false).run();
        assertThat(List.of(isBegun(log), isBegun(other))).containsOnly(true);
    }

    /** Stops when nothing is left of the first segment, and all others are as they were. */
    private CompactionLook compactHalfOf(PartitionLog one) {
        CompactionLook look = look(() -> isBegun(one));
        look.run();
        assertThat(isBegun(one)).isTrue();
        assertThat(one.cleaning().view().segments().get(1).size()).isPositive();
        return look;
    }

    private static boolean isBegun(PartitionLog one) {
        return one.cleaning().view().segments().getFirst().size() == 0;
    }

    /** To make room, and somebody else takes that; soon after the housekeeper comes. */
    private void deleteOtherOnAFullDisk() throws IOException {
        disk.leaveFree(1);
        directory.delete(OTHER);
        disk.leaveFree(1);
        directory.writeCheckpoints();
        assertThat(directory.isOnline()).isTrue();
        assertThat(root.resolve(OffsetCheckpoint.RECOVERY_POINTS)).doesNotExist();
        disk.leaveFree(1 << 30);
    }

    private static void flipABit(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[0] ^= 1;
        Files.write(file, bytes);
    }

    private void killAndStart() throws IOException {
        directory.abandon();
        open();
    }

    /** As {@link #killAndStart}, and the recovery points are gone. */
    private void loseRecoveryPoints() throws IOException {
        directory.abandon();
        Files.deleteIfExists(root.resolve(OffsetCheckpoint.RECOVERY_POINTS));
        open();
    }

    @Test
    void aTopicThatIsDeletedOnAFullDiskCostsNoCompactedLog() throws IOException {
        compact();
        List<String> before = Batches.all(log);

        deleteOtherOnAFullDisk();
        killAndStart();

        assertThat(Batches.all(log)).isEqualTo(before);
    }

    @Test
    void aTopicThatIsDeletedOnAFullDiskCostsNoLogThatIsHalfCompacted() throws IOException {
        var _ = compactHalfOf(log);
        List<String> before = Batches.all(log);

        deleteOtherOnAFullDisk();
        killAndStart();

        assertThat(Batches.all(log)).isEqualTo(before);
    }

    @Test
    void aFlippedBitInTheRecoveryPointsCostsNoLogThatIsHalfCompacted() throws IOException {
        var _ = compactHalfOf(log);
        List<String> before = Batches.all(log);

        flipABit(root.resolve(OffsetCheckpoint.RECOVERY_POINTS));
        killAndStart();

        assertThat(Batches.all(log)).isEqualTo(before);
    }

    @Test
    void aLogThatIsHalfCompactedIsKeptAfterACleanStopToo() throws IOException {
        compactHalfOf(log).finish();
        List<String> before = Batches.all(log);
        directory.close();
        open();

        loseRecoveryPoints();

        assertThat(Batches.all(log)).isEqualTo(before);
    }

    /** Kafka, which may be the next one here, takes what is below its offset for compacted. */
    @Test
    void aLogThatIsHalfCompactedIsStillDirtyAfterACleanStop() throws IOException {
        compactHalfOf(log).finish();
        directory.close();

        open();

        assertThat(OffsetCheckpoint.read(root.resolve(CleanerOffsets.NAME)))
                .doesNotContainKey(Directories.ORDERS);
        CompactionLook look = look(() -> false);
        assertThat(look.status(log).dirtyBytes()).isPositive();
        look.run();
        assertThat(Batches.all(log)).hasSize(11).first().asString().startsWith("19=v19");
    }

    /** The second start reads the files that the first one wrote anew. */
    @Test
    void aFlippedBitInBothFilesCostsNothingAtTheStartAfterTheNextOne() throws IOException {
        compact();
        List<String> before = Batches.all(log);
        flipABit(log.directory().resolve(GapOffsets.NAME));
        loseRecoveryPoints();
        directory.writeCheckpoints();

        loseRecoveryPoints();

        assertThat(Batches.all(log)).isEqualTo(before);
    }

    @Test
    void whatAFullDiskTookIsWrittenAgainWhenThereIsSpace() throws IOException {
        compact();
        deleteOtherOnAFullDisk();

        directory.writeCheckpoints();

        for (String name : List.of(OffsetCheckpoint.RECOVERY_POINTS, CleanerOffsets.NAME)) {
            assertThat(OffsetCheckpoint.read(root.resolve(name)))
                    .as(name)
                    .containsOnlyKeys(Directories.ORDERS);
        }
    }
}
