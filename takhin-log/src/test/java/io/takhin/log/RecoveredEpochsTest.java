package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.CheckpointFile;
import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.file.PartitionFiles;
import io.takhin.protocol.BatchHeader;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A crash kept batches of a new leader epoch, and not the file that names it. Once they are read
 * back and durable, the next crash must not find batches without their epoch.
 */
class RecoveredEpochsTest {
    private static final LogConfig CONFIG = Batches.config(400, 100);
    private static final int OLD_RECORDS = 3;
    private static final int RECORDS = 12;

    /** In a batch's header, its first byte. */
    private static final int EPOCH_POSITION = 12;

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path root = disk.root().resolve("data");
    private Path partition;
    private Path epochs;

    @BeforeEach
    void write() throws IOException {
        LogDirectory directory = Directories.open(root, CONFIG, clock);
        PartitionLog log = Directories.orders(directory, CONFIG);
        partition = log.directory();
        epochs = partition.resolve(LeaderEpochs.NAME);
        append(log, OLD_RECORDS, 0);
        Directories.settle(directory, log);
        append(log, RECORDS - OLD_RECORDS, 1);
        log.flush();
        directory.abandon();
    }

    private static void append(PartitionLog log, int records, int epoch) {
        for (int i = 0; i < records; i++) {
            log.appendAsLeader(Batches.of("value".repeat(10)), epoch, Origin.CLIENT);
        }
    }

    private void recoverAndSettle() throws IOException {
        LogDirectory directory = Directories.open(root, CONFIG, clock);
        PartitionLog log = Directories.orders(directory, CONFIG);
        assertThat(log.logEndOffset()).isEqualTo(RECORDS);
        log.flush();
        directory.writeCheckpoints();
        Map<TopicPartition, Long> points =
                OffsetCheckpoint.read(root.resolve("recovery-point-offset-checkpoint"));
        assertThat(points).containsEntry(Directories.ORDERS, (long) RECORDS);
        disk.cutPower();
        directory.abandon();
        disk.restart();
    }

    private void assertThatEpochsAreKnown() throws IOException {
        try (LogDirectory directory = Directories.open(root, CONFIG, clock)) {
            PartitionLog log = Directories.orders(directory, CONFIG);
            assertThat(log.logEndOffset()).isEqualTo(RECORDS);
            assertThat(log.epochs().at(OLD_RECORDS - 1)).isZero();
            assertThat(log.epochs().at(OLD_RECORDS)).isOne();
            assertThat(log.epochs().latest()).isOne();
        }
    }

    @Test
    void anEpochThatTheFileDoesNotNameIsWrittenBeforeItsBatchesCount() throws IOException {
        CheckpointFile.write(epochs, List.of("0 0"), true);

        recoverAndSettle();

        assertThatEpochsAreKnown();
    }

    /** An event loop asks when it is, and reads no file. */
    @Test
    void onceTheEpochsAreCheckedNoFileIsRead() throws IOException {
        try (LogDirectory directory = Directories.open(root, CONFIG, clock)) {
            PartitionLog log = Directories.orders(directory, CONFIG);
            assertThat(log.epochs().areChecked()).isFalse();
            log.epochs().check();
            assertThat(log.epochs().areChecked()).isTrue();
            List<Path> read = new ArrayList<>();
            disk.gateReads(read::add);

            assertThat(log.epochs().endOf(0, log.logEndOffset()).endOffset())
                    .isEqualTo(OLD_RECORDS);

            assertThat(read).isEmpty();
        }
    }

    /** The process was killed: its last writes may not have reached the disk. */
    @Test
    void anEpochThatOnlyThePageCacheNamesIsSynced() throws IOException {
        byte[] known = Files.readAllBytes(epochs);
        CheckpointFile.write(epochs, List.of("0 0"), true);
        CheckpointFile.write(epochs, List.of("0 0", "1 " + OLD_RECORDS), false);
        assertThat(epochs).hasBinaryContent(known);

        recoverAndSettle();

        assertThat(epochs).hasBinaryContent(known);
        assertThatEpochsAreKnown();
    }

    @Test
    void aMissingIndexOfAnEarlySegmentTakesNoEpochFromLaterOnes() throws IOException {
        recoverAndSettle();
        Files.delete(PartitionFiles.offsetIndex(partition, 0));

        assertThatEpochsAreKnown();
    }

    /** Of a deletion, for example, that a power cut undid. */
    @Test
    void whereTheFileKnowsOnlyWhatComesThenAllSegmentsAreAsked() throws IOException {
        recoverAndSettle();
        CheckpointFile.write(epochs, List.of("1 " + RECORDS), true);
        Files.delete(PartitionFiles.offsetIndex(partition, 0));

        assertThatEpochsAreKnown();
    }

    @Test
    void onAFullDiskNoRecoveryPointPassesBatchesWhoseEpochIsNotWritten() throws IOException {
        CheckpointFile.write(epochs, List.of("0 0"), true);
        disk.leaveFree(0);
        LogDirectory directory = Directories.open(root, CONFIG, clock);
        PartitionLog log = Directories.orders(directory, CONFIG);
        log.flush();
        disk.leaveFree(1 << 20);

        directory.writeCheckpoints();
        assertThat(log.writtenRecoveryPoint()).isEqualTo(OLD_RECORDS);
        log.files().checkpoint(Long.MAX_VALUE);
        directory.writeCheckpoints();
        assertThat(log.writtenRecoveryPoint()).isEqualTo(RECORDS);
        disk.cutPower();
        directory.abandon();
        disk.restart();

        assertThatEpochsAreKnown();
    }

    /**
     * As after DeleteRecords, where neither the start nor what lies behind the point is durable.
     */
    @Test
    void whereTheFirstEpochBeginsBehindTheRecoveryPointBatchesTell() throws IOException {
        CheckpointFile.write(epochs, List.of("1 " + RECORDS), true);
        OffsetCheckpoint.write(
                root.resolve(OffsetCheckpoint.RECOVERY_POINTS),
                Map.of(Directories.ORDERS, (long) RECORDS));

        LogDirectory directory = Directories.open(root, CONFIG, clock);

        assertThat(Directories.orders(directory, CONFIG).epochs().endOf(1, RECORDS))
                .isEqualTo(new EpochEnd(1, RECORDS));
        directory.close();
    }

    /**
     * No checksum covers a batch's epoch; one that is too large would make all later ones invalid.
     */
    @Test
    void aFlippedEpochBelowTheRecoveryPointCutsNothingBehindIt() throws IOException {
        LogConfig oneSegment = Batches.config(1 << 20, 1 << 20);
        LogDirectory directory = Directories.open(root, oneSegment, clock);
        PartitionLog log =
                directory.open(new TopicPartition("walked", 0), Uuid.randomUuid(), oneSegment);
        append(log, OLD_RECORDS, 1);
        Directories.settle(directory, log);
        append(log, RECORDS - OLD_RECORDS, 1);
        log.flush();
        Path file = PartitionFiles.log(log.directory(), 0);
        directory.abandon();
        byte[] batches = Files.readAllBytes(file);
        batches[BatchHeader.sizeInBytes(ByteBuffer.wrap(batches), 0) + EPOCH_POSITION] ^= 1;
        Files.write(file, batches);

        directory = Directories.open(root, oneSegment, clock);

        assertThat(directory.get(log.topicPartition()))
                .returns((long) RECORDS, PartitionLog::logEndOffset);
        directory.close();
    }
}
