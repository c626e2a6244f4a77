package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.CleanerOffsets;
import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S179: what takes old records out of logs, on a real file system that has no space left. */
class CleaningOnAFullDiskTest {
    private static final int DISK_MIB = 8;
    private static final int PAGE = 4096;
    private static final LogConfig COMPACTED =
            Batches.config(200_000, 1000).withCleanup(Cleanup.compact(0.1, 60_000));

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private SmallDisk disk;
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void mount(@TempDir Path at) throws IOException, InterruptedException {
        disk = SmallDisk.mount(at, DISK_MIB);
        open(DiskReserve.NONE);
    }

    @AfterEach
    void unmount() throws InterruptedException {
        directory.close();
        disk.unmount();
    }

    private void open(DiskReserve reserve) throws IOException {
        directory =
                LogDirectory.open(
                        disk.root().resolve("data"),
                        new LogDirectorySettings(
                                COMPACTED, Duration.ofDays(365), Duration.ofDays(1), 1, reserve),
                        clock);
        log = Directories.orders(directory, COMPACTED);
    }

    private CompactionLook compaction() throws IOException {
        return new CompactionLook(
                directory, Directories.ALL_VISIBLE, clock, Directories.unlimited(clock, 1 << 20));
    }

    private RetentionLook retention() {
        return new RetentionLook(directory, Directories.ALL_VISIBLE, clock, Duration.ofMinutes(5));
    }

    /** About a megabyte in six segments; every second record is replaced by a later one. */
    private void writeAMegabyte() throws IOException {
        for (int i = 0; i < 1000; i++) {
            String key = i % 2 == 0 ? "again" : "once" + i;
            SimpleRecord record =
                    new SimpleRecord(
                            Batches.NOW,
                            key.getBytes(UTF_8),
                            ("v" + i + ".".repeat(950)).getBytes(UTF_8));
            assertThat(log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT))
                    .isInstanceOf(Append.Done.class);
        }
        Directories.settle(directory, log);
    }

    private List<String> values() throws IOException {
        return Batches.all(log).stream().map(text -> text.replace(".", "")).toList();
    }

    private List<String> unfinished() throws IOException {
        try (Stream<Path> files = Files.list(log.directory())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".cleaned") || name.endsWith(".swap"))
                    .toList();
        }
    }

    @Seeded(runs = 10)
    void aRunThatFindsNoSpaceLeavesTheLogAsItIsAndIsTriedAgain(RandomGenerator random)
            throws IOException {
        writeAMegabyte();
        List<String> before = values();
        CompactionLook look = compaction();
        disk.fillUpTo(PAGE * random.nextLong(15));

        look.run();

        assertThat(directory.isOnline()).isTrue();
        assertThat(unfinished()).isEmpty();
        assertThat(values()).isEqualTo(before);
        assertThat(look.status(log).lastError()).hasValue("the disk is full");
        assertThat(look.outlook(log)).contains("next look: the disk is full");
        disk.empty();
        look.run();
        assertThat(values()).hasSizeLessThan(700).isSubsetOf(before);
        assertThat(look.status(log).lastError()).isEmpty();
    }

    // Wherever it stops, what was put in place counts and what was not is as before.
    @Seeded(runs = 10)
    void aRunThatGetsHalfWayKeepsTheLastRecordOfEachKey(RandomGenerator random) throws IOException {
        writeAMegabyte();
        List<String> before = values();
        List<String> needed =
                before.stream()
                        .filter(text -> number(text) % 2 == 1 || number(text) == 998)
                        .toList();
        CompactionLook look = compaction();
        disk.fillUpTo(PAGE * random.nextLong(200));

        look.run();

        assertThat(directory.isOnline()).isTrue();
        assertThat(unfinished()).isEmpty();
        assertThat(values()).containsAll(needed).isSubsetOf(before);
        directory.abandon();
        disk.empty();
        open(DiskReserve.NONE);
        assertThat(values()).containsAll(needed).isSubsetOf(before);
        compaction().run();
        assertThat(values()).hasSizeLessThan(700).containsAll(needed);
    }

    // What makes space in the end must not take what others need meanwhile.
    @Test
    void halfOfTheReserveIsNotForCompaction() throws IOException {
        writeAMegabyte();
        List<String> before = values();
        directory.close();
        open(new DiskReserve(1 << 20, 50));
        log.reconfigure(COMPACTED.with().fileDeleteDelay(Duration.ofHours(1)).build());
        CompactionLook look = compaction();
        disk.fillUpTo(600_000);
        directory.space().look();
        assertThat(directory.space().isReadOnly()).isTrue();

        look.run();

        assertThat(values()).isEqualTo(before);
        assertThat(look.status(log).lastError()).hasValue("the disk is nearly full");
        assertThat(disk.usable()).isGreaterThan(550_000);
        disk.fillUpTo(800_000);
        look.run();
        assertThat(values()).hasSizeLessThan(1000).isSubsetOf(before);
        assertThat(disk.usable()).isGreaterThan(450_000);
    }

    // A run that ended there would do the same with the next look, and never come further.
    @Test
    void aRunWaitsForTheRoomOfWhatItReplaced() throws IOException {
        writeAMegabyte();
        directory.close();
        open(new DiskReserve(1 << 20, 50));
        log.reconfigure(COMPACTED.with().fileDeleteDelay(Duration.ofMillis(300)).build());
        CompactionLook look = compaction();
        disk.fillUpTo(780_000);

        look.run();

        assertThat(look.status(log).lastError()).isEmpty();
        assertThat(values()).hasSizeLessThan(700);
    }

    @Test
    void whatCouldNotBeAnnouncedIsDropped() throws IOException {
        writeAMegabyte();
        List<String> before = values();
        Path inTheWay = log.directory().resolve(PartitionFiles.name(0, ".timeindex.swap"));
        Files.createDirectories(inTheWay.resolve("not-empty"));

        compaction().run();

        assertThat(unfinished()).containsExactly(inTheWay.getFileName().toString());
        assertThat(values()).isEqualTo(before);
    }

    private static int number(String text) {
        return Integer.parseInt(text.substring(0, text.indexOf('=')));
    }

    @Test
    void progressThatFindsNoSpaceIsWrittenLater() throws IOException {
        writeAMegabyte();
        CompactionLook look = compaction();
        look.run();
        Path offsets = directory.root().resolve(CleanerOffsets.NAME);
        Files.delete(offsets);
        CompactionLook again = compaction();
        disk.fillUpTo(0);

        again.finish();
        directory.delete(Directories.ORDERS);

        assertThat(directory.isOnline()).isTrue();
    }

    @Test
    void anIdleSegmentThatCannotBeClosedWaits() throws IOException {
        writeAMegabyte();
        log.reconfigure(COMPACTED.withCleanup(Cleanup.compact(1, 0).withLag(0, 1000)));
        clock.advance(Duration.ofSeconds(2));
        LogView before = log.cleaning().view();
        disk.fillUpTo(0);

        compaction().run();

        assertThat(directory.isOnline()).isTrue();
        assertThat(log.cleaning().view().segments()).isEqualTo(before.segments());
        disk.empty();
        compaction().run();
        assertThat(log.cleaning().view().active().size()).isZero();
    }

    @Test
    void oldSegmentsAreDeletedOnAFullDisk() throws IOException {
        writeAMegabyte();
        log.reconfigure(COMPACTED.withCleanup(Cleanup.delete(-1, 300_000)));
        disk.fillUpTo(0);

        retention().run();

        assertThat(directory.isOnline()).isTrue();
        assertThat(log.sizeInBytes()).isLessThan(600_000);
        assertThat(log.logStartOffset()).isPositive();
    }

    @Test
    void aLogThatIsTooOldAltogetherIsDeletedOnAFullDisk() throws IOException {
        writeAMegabyte();
        log.reconfigure(COMPACTED.withCleanup(Cleanup.delete(1000, -1)));
        clock.advance(Duration.ofDays(1));
        disk.fillUpTo(0);

        retention().run();
        retention().run();

        assertThat(directory.isOnline()).isTrue();
        assertThat(log.segmentCount()).isEqualTo(1);
        disk.empty();
        retention().run();
        assertThat(log.sizeInBytes()).isZero();
    }
}
