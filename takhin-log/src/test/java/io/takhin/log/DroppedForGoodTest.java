package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What recovery dropped is gone when the log is written to: where its producers' batches come
 * again, it would follow them and be there twice.
 */
class DroppedForGoodTest {
    private static final int TRIES = 40;
    private static final LogConfig CONFIG = Batches.config(400, 100);

    private final ManualClock clock = new ManualClock(Batches.NOW);

    private static void syncAll(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.toList()) {
                DurablePaths.sync(path);
            }
        }
    }

    /** A log of which a crash took the end of a segment, and left what follows. */
    private List<Long> tornLog(Path root, int cutBytes) throws IOException {
        LogDirectory directory = Directories.open(root, CONFIG, clock);
        PartitionLog log = Directories.orders(directory, CONFIG);
        for (int i = 0; i < 12; i++) {
            log.appendAsLeader(Batches.of("v" + i + ".".repeat(20)), 0, Origin.CLIENT);
        }
        List<Long> bases =
                log.cleaning().view().segments().stream().map(Segment::baseOffset).toList();
        directory.abandon();
        Path first = PartitionFiles.log(log.directory(), bases.getFirst());
        try (FileChannel channel = FileChannel.open(first, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - cutBytes);
        }
        syncAll(root);
        return bases;
    }

    @Test
    void aSegmentBehindALostEndDoesNotComeBack() throws IOException {
        for (int seed = 0; seed < TRIES; seed++) {
            SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(seed));
            Path root = disk.root().resolve("data");
            List<Long> bases = tornLog(root, 1);
            LogDirectory directory = Directories.open(root, CONFIG, clock);
            Path partition = Directories.orders(directory, CONFIG).directory();
            disk.cutPower();
            directory.abandon();
            disk.restart();

            assertThat(Files.exists(PartitionFiles.log(partition, bases.get(1)))).isFalse();
        }
    }

    @Test
    void whatWasCutOffASegmentDoesNotComeBack() throws IOException {
        for (int seed = 0; seed < TRIES; seed++) {
            SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(seed));
            Path root = disk.root().resolve("data");
            List<Long> bases = tornLog(root, 1);
            LogDirectory directory = Directories.open(root, CONFIG, clock);
            PartitionLog log = Directories.orders(directory, CONFIG);
            long kept = log.sizeInBytes();
            disk.cutPower();
            directory.abandon();
            disk.restart();

            assertThat(Files.size(PartitionFiles.log(log.directory(), bases.getFirst())))
                    .isEqualTo(kept);
        }
    }
}
