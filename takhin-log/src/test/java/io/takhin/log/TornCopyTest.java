package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;

/**
 * A copy of a data directory that was made while the broker wrote to it, as {@code tar} does: names
 * first, then one file after the other in any order, some bytes at a time. It opens, and has all
 * that was acknowledged when it was begun.
 */
class TornCopyTest {
    private static final int CHUNK_BYTES = 700;
    private static final int PARTITIONS = 2;
    private static final FlushRule RULE = new FlushRule(32 << 10, 1 << 10, 8 << 10, 4);
    private static final LogConfig CONFIG = Batches.config(2000, 150);

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final List<SurvivingRecords> records = new ArrayList<>();
    private int counter;

    // S86, S106
    @Seeded(runs = 60)
    void hasAllThatWasAcknowledgedWhenItWasBegun(RandomGenerator random) throws IOException {
        for (int i = 0; i < PARTITIONS; i++) {
            records.add(new SurvivingRecords());
        }
        Path root = new SimulatedDisk(random).root().resolve("data");
        Path copy = new SimulatedDisk(random).root().resolve("copy");
        try (LogDirectory directory = open(root)) {
            for (int i = random.nextInt(60); i >= 0; i--) {
                work(directory, random);
            }
            acknowledgeAll(directory);
            copyLive(root, copy, directory, random);
        }
        checkCopy(copy, random);
    }

    private LogDirectory open(Path root) throws IOException {
        LogDirectorySettings settings = Directories.settings(CONFIG, 1);
        return LogDirectory.open(root, settings, RULE, clock);
    }

    private PartitionLog log(LogDirectory directory, int partition) {
        return directory.open(
                new TopicPartition("t", partition), records.get(partition).topic, CONFIG);
    }

    private void acknowledgeAll(LogDirectory directory) {
        for (int i = 0; i < PARTITIONS; i++) {
            log(directory, i).flush();
            records.get(i).flushed();
        }
    }

    private void work(LogDirectory directory, RandomGenerator random) throws IOException {
        int partition = random.nextInt(PARTITIONS);
        PartitionLog log = log(directory, partition);
        switch (random.nextInt(8)) {
            case 0 -> directory.writeCheckpoints();
            case 1 -> log.files().checkpoint(500);
            case 2, 3 -> log.flush();
            default -> {
                String value = counter++ + "x".repeat(random.nextInt(300));
                records.get(partition).appended(log.logEndOffset(), List.of(value));
                log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT);
            }
        }
    }

    private void copyLive(Path from, Path to, LogDirectory directory, RandomGenerator random)
            throws IOException {
        Files.createDirectories(to);
        List<Path> entries;
        try (Stream<Path> listed = Files.list(from)) {
            entries = new ArrayList<>(listed.toList());
        }
        Collections.shuffle(entries, new Random(random.nextLong()));
        for (Path entry : entries) {
            Path target = to.resolve(entry.getFileName().toString());
            if (Files.isDirectory(entry)) {
                copyLive(entry, target, directory, random);
            } else {
                copyFile(entry, target, directory, random);
            }
        }
    }

    /** What vanished since it was listed is passed over. */
    private void copyFile(Path from, Path to, LogDirectory directory, RandomGenerator random)
            throws IOException {
        try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ);
                FileChannel target =
                        FileChannel.open(to, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            // What is behind the size it first saw may be cut off within a batch.
            long end = source.size() + random.nextInt(400);
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
            while (target.size() < end && source.read(chunk) >= 0) {
                int left = (int) Math.min(chunk.flip().limit(), end - target.size());
                target.write(chunk.limit(left));
                chunk.clear();
                if (random.nextInt(3) == 0) {
                    work(directory, random);
                }
            }
        } catch (NoSuchFileException _) {
            work(directory, random);
        }
    }

    private void checkCopy(Path copy, RandomGenerator random) throws IOException {
        try (LogDirectory opened = open(copy)) {
            for (int i = 0; i < PARTITIONS; i++) {
                PartitionLog log = log(opened, i);
                records.get(i).check(log);
                SurvivingRecords.checkRandomRead(log, random);
                long end = log.logEndOffset();
                assertThat(log.appendAsLeader(Batches.of("goes on"), 1, Origin.CLIENT))
                        .isInstanceOf(Append.Done.class);
                assertThat(Batches.all(log)).endsWith(end + "=goes on");
            }
        }
    }
}
