package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.log.index.TimeIndex;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What searches and retention make of a time index that is not what was written. */
class DamagedTimeIndexTest {
    private static final LogConfig CONFIG = Batches.anyTimestamp(Batches.config(2000, 200));
    private static final long HOUR = Duration.ofHours(1).toMillis();
    private static final int TIMES = 40;

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);

    private static void append(PartitionLog log, long timestamp) {
        log.appendAsLeader(
                Batches.of(Compression.NONE, Batches.record(timestamp, "value")), 0, Origin.CLIENT);
    }

    private List<Path> timeIndexes() throws IOException {
        try (Stream<Path> files = Files.list(root.resolve("orders-0"))) {
            return files.filter(file -> file.toString().endsWith(PartitionFiles.TIME_INDEX))
                    .filter(file -> file.toFile().length() > 0)
                    .sorted()
                    .toList();
        }
    }

    private static List<FoundOffset> searches(PartitionLog log) {
        return Stream.concat(
                        LongStream.rangeClosed(Batches.NOW - 1, Batches.NOW + TIMES)
                                .mapToObj(log::findByTimestamp),
                        Stream.of(log.findMaxTimestamp()))
                .toList();
    }

    @Seeded(runs = 100)
    void aFlippedBitChangesNoAnswer(RandomGenerator random) throws IOException {
        List<FoundOffset> expected;
        LogDirectory directory = Directories.open(root, CONFIG, clock);
        try (directory) {
            PartitionLog log = Directories.orders(directory, CONFIG);
            for (int i = 0; i < 120; i++) {
                // About in order, as several producers send them.
                append(log, Batches.NOW + Math.min(i / 4, 25) + random.nextInt(15));
            }
            expected = searches(log);
        }
        List<Path> files = timeIndexes();
        Path victim = files.get(random.nextInt(files.size()));
        byte[] before = Files.readAllBytes(victim);
        long bit = random.nextLong(8L * before.length);
        DamagedFilesTest.flip(victim, bit);

        try (LogDirectory damaged = Directories.open(root, CONFIG, clock)) {
            PartitionLog log = Directories.orders(damaged, CONFIG);
            String what = "bit %d of %s".formatted(bit, victim.getFileName());

            assertThat(searches(log)).as(what).isEqualTo(expected);
            append(log, Batches.NOW + TIMES);
            assertThat(log.findMaxTimestamp().offset()).as(what).isEqualTo(120);
        }
    }

    @Test
    void whatASearchMissedIsInTheIndexAgain() throws IOException {
        try (LogDirectory directory = Directories.open(root, CONFIG, clock)) {
            PartitionLog log = Directories.orders(directory, CONFIG);
            for (int i = 0; i < 60; i++) {
                append(log, Batches.NOW + i);
            }
        }
        Path victim = timeIndexes().getFirst();
        byte[] before = Files.readAllBytes(victim);
        setLastTimestamp(victim, Batches.NOW - HOUR);

        try (LogDirectory directory = Directories.open(root, CONFIG, clock)) {
            PartitionLog log = Directories.orders(directory, CONFIG);
            assertThat(log.findByTimestamp(Batches.NOW + 3).offset()).isEqualTo(3);
        }

        assertThat(Files.readAllBytes(victim)).isEqualTo(before);
    }

    @Test
    void anEntryThatIsTooEarlyDeletesNothing() throws IOException {
        assertThat(startAfterRetention(Batches.NOW - 30 * HOUR)).isZero();
    }

    @Test
    void aFileThatLacksItsLastEntriesDeletesNothing() throws IOException {
        LogConfig config = keepingForTwoHours();
        try (LogDirectory directory = Directories.open(root, config, clock)) {
            PartitionLog log = Directories.orders(directory, config);
            for (int i = 0; i < 60; i++) {
                append(log, i == 0 ? Batches.NOW - 30 * HOUR : Batches.NOW);
            }
        }
        Path victim = timeIndexes().getFirst();
        Files.write(victim, Arrays.copyOf(Files.readAllBytes(victim), TimeIndex.ENTRY_BYTES));

        assertThat(startAfterLook(config)).isZero();
    }

    private long startAfterRetention(long lastTimestamp) throws IOException {
        LogConfig config = keepingForTwoHours();
        try (LogDirectory directory = Directories.open(root, config, clock)) {
            PartitionLog log = Directories.orders(directory, config);
            for (int i = 0; i < 60; i++) {
                append(log, Batches.NOW);
            }
        }
        setLastTimestamp(timeIndexes().getFirst(), lastTimestamp);
        return startAfterLook(config);
    }

    private long startAfterLook(LogConfig config) throws IOException {
        try (LogDirectory directory = Directories.open(root, config, clock)) {
            PartitionLog log = Directories.orders(directory, config);
            new RetentionLook(directory, Directories.ALL_VISIBLE, clock, Duration.ZERO).run();
            return log.logStartOffset();
        }
    }

    private static LogConfig keepingForTwoHours() {
        return CONFIG.with().cleanup(Cleanup.delete(2 * HOUR, -1)).build();
    }

    private static void setLastTimestamp(Path file, long timestamp) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer.wrap(bytes).putLong(bytes.length - TimeIndex.ENTRY_BYTES, timestamp);
        Files.write(file, bytes);
    }

    /** A power cut may take the last entry of a time index, and leave that of the offset index. */
    @Test
    void aTimeIndexThatIsShorterThanItsOffsetIndexLeavesOutNoRecord() throws IOException {
        LogConfig config = Batches.config(1 << 20, 100);
        LogDirectory directory = Directories.open(root, config, clock);
        PartitionLog log = Directories.orders(directory, config);
        for (long millis : new long[] {0, 0, 50, 100, 10, 10}) {
            append(log, Batches.NOW + millis);
        }
        log.flush();
        log.files().checkpoint(0);
        directory.writeCheckpoints();
        directory.abandon();
        Path times = PartitionFiles.timeIndex(log.directory(), 0);
        try (FileChannel file = FileChannel.open(times, StandardOpenOption.WRITE)) {
            file.truncate(TimeIndex.ENTRY_BYTES);
        }

        try (LogDirectory again = Directories.open(root, config, clock)) {
            PartitionLog found = Directories.orders(again, config);
            for (int i = 0; i < 8; i++) {
                append(found, Batches.NOW + 60);
            }

            assertThat(found.findByTimestamp(Batches.NOW + 80).offset()).isEqualTo(3);
        }
    }
}
