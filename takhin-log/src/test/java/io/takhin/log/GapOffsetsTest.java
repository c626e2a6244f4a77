package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.checkpoint.GapOffsets;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.ShortageException;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** What explains gaps in a log: never less than what compaction takes, nor more than was said. */
class GapOffsetsTest {
    private final GapOffsets gaps = new GapOffsets();

    private static Path partitionOf(SimulatedDisk disk) throws IOException {
        Path partition = disk.root().resolve("data");
        DurablePaths.createDirectories(partition);
        return partition;
    }

    private static void cutPower(SimulatedDisk disk) {
        disk.cutPower();
        disk.restart();
    }

    @Seeded(runs = 30)
    void saysAfterAPowerCutWhatWasToldLast(RandomGenerator random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        Path partition = partitionOf(disk);

        gaps.raise(partition, () -> 25);
        cutPower(disk);
        assertThat(GapOffsets.read(partition)).isEqualTo(25);

        gaps.lower(partition, 10);
        cutPower(disk);
        assertThat(GapOffsets.read(partition)).isEqualTo(10);
    }

    /** The process was killed between the write and the sync. */
    @Seeded(runs = 30)
    void whatIsThereAlreadyIsDurableThen(RandomGenerator random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        Path partition = partitionOf(disk);
        gaps.raise(partition, () -> 25);
        byte[] written = Files.readAllBytes(partition.resolve(GapOffsets.NAME));
        gaps.lower(partition, 5);
        Files.write(partition.resolve(GapOffsets.NAME), written);

        gaps.raise(partition, () -> 20);
        cutPower(disk);

        assertThat(GapOffsets.read(partition)).isEqualTo(25);
    }

    @Seeded(runs = 30)
    void aFlippedBitIsNoticed(RandomGenerator random) throws IOException {
        Path partition = partitionOf(new SimulatedDisk(random));
        gaps.raise(partition, () -> 1_000_000);
        Path file = partition.resolve(GapOffsets.NAME);

        DamagedFilesTest.flip(file, random.nextLong(8 * Files.size(file)));

        assertThat(GapOffsets.read(partition)).isEqualTo(GapOffsets.UNKNOWN);
        gaps.accept(partition, 7);
        assertThat(GapOffsets.read(partition)).isEqualTo(7);
    }

    @Seeded(runs = 1)
    void aFullDiskHasRoomForLess(RandomGenerator random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        Path partition = partitionOf(disk);
        gaps.raise(partition, () -> 25);
        disk.leaveFree(0);

        gaps.lower(partition, 10);

        assertThat(GapOffsets.read(partition)).isEqualTo(10);
    }

    @Seeded(runs = 1)
    void aFullDiskHasNoRoomForTheFirstOne(RandomGenerator random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        Path partition = partitionOf(disk);
        disk.leaveFree(0);

        assertThatThrownBy(() -> gaps.raise(partition, () -> 25))
                .isInstanceOf(ShortageException.class);

        assertThat(GapOffsets.read(partition)).isZero();
    }

    @Seeded(runs = 1)
    void ofALogThatIsGoneNothingIsWritten(RandomGenerator random) throws IOException {
        Path partition = partitionOf(new SimulatedDisk(random));
        Files.delete(partition);

        gaps.lower(partition, 0);

        assertThatThrownBy(() -> gaps.raise(partition, () -> 25))
                .isInstanceOf(NoSuchFileException.class);
        assertThat(partition).doesNotExist();
    }

    @Test
    void whereNothingIsToldThereIsNoFile() throws IOException {
        Path partition = partitionOf(new SimulatedDisk(new SplittableRandom(1)));

        gaps.raise(partition, () -> 0);
        gaps.lower(partition, 0);

        assertThat(partition.resolve(GapOffsets.NAME)).doesNotExist();
    }
}
