package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.CleanStop;
import io.takhin.log.checkpoint.CleanerOffsets;
import io.takhin.log.checkpoint.GapOffsets;
import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.log.file.DeadFiles;
import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Offsets that are missing between two segments: lost by a power cut, and then nothing behind them
 * counts; or taken out by compaction or deletion, and then all of it does.
 */
class RecoveryGapTest {
    private static final LogConfig CONFIG = Batches.config(400, 100);
    private static final int RECORDS = 20;
    private static final int SIZE_AT = 8;

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private Path partition;
    private List<Long> bases;

    /** Four records a segment, each in a batch of its own; nothing of it is known to be durable. */
    @BeforeEach
    void write() throws IOException {
        LogDirectory directory = Directories.open(root, CONFIG, clock);
        PartitionLog log = Directories.orders(directory, CONFIG);
        for (int i = 0; i < RECORDS; i++) {
            log.appendAsLeader(Batches.of("v" + i + ".".repeat(20)), 0, Origin.CLIENT);
        }
        partition = log.directory();
        bases = log.cleaning().view().segments().stream().map(Segment::baseOffset).toList();
        directory.abandon();
        assertThat(bases).hasSizeGreaterThan(3);
        PartitionMetadataFile.write(partition, Uuid.ONE_UUID);
    }

    private Path log(int segment) {
        return PartitionFiles.log(partition, bases.get(segment));
    }

    /** Takes the last batches of a segment, up to the one with the offset. */
    private void cutSegment(int segment, long offset) throws IOException {
        try (FileChannel channel = FileChannel.open(log(segment), StandardOpenOption.WRITE)) {
            channel.truncate(positionOf(log(segment), offset));
        }
    }

    private static int positionOf(Path file, long offset) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            BatchScanner scanner = new BatchScanner(channel, 0, (int) channel.size(), 4096);
            while (scanner.next()) {
                if (scanner.baseOffset() == offset) {
                    break;
                }
            }
            return scanner.position();
        }
    }

    /** Takes half of a batch, and what follows it. */
    private void tear(int segment, long offset) throws IOException {
        try (FileChannel channel = FileChannel.open(log(segment), StandardOpenOption.WRITE)) {
            channel.truncate(positionOf(log(segment), offset) + 40);
        }
    }

    /** One bit of a batch's size. */
    private void flipSize(int segment, long offset) throws IOException {
        byte[] all = Files.readAllBytes(log(segment));
        all[positionOf(log(segment), offset) + SIZE_AT] ^= 0x40;
        Files.write(log(segment), all);
    }

    private List<Long> offsetsBehind(int segment) throws IOException {
        try (LogDirectory directory = Directories.open(root, CONFIG, clock)) {
            return Batches.bases(Directories.orders(directory, CONFIG), bases.get(segment));
        }
    }

    /** Moves what follows a batch to its place. */
    private void takeOut(int segment, long offset) throws IOException {
        byte[] all = Files.readAllBytes(log(segment));
        int from = positionOf(log(segment), offset);
        int to = positionOf(log(segment), offset + 1);
        byte[] left = new byte[all.length - (to - from)];
        System.arraycopy(all, 0, left, 0, from);
        System.arraycopy(all, to, left, from, all.length - to);
        Files.write(log(segment), left);
    }

    private void write(String checkpoint, long offset) throws IOException {
        if (checkpoint.equals(GapOffsets.NAME)) {
            new GapOffsets().raise(partition, () -> offset);
        } else {
            OffsetCheckpoint.write(
                    root.resolve(checkpoint),
                    Map.<TopicPartition, Long>of(Directories.ORDERS, offset));
        }
    }

    private List<Long> offsetsFound() throws IOException {
        try (LogDirectory directory = Directories.open(root, CONFIG, clock)) {
            PartitionLog log = Directories.orders(directory, CONFIG);
            List<Long> bases = Batches.bases(log);
            assertThat(log.logEndOffset()).isEqualTo(bases.getLast() + 1);
            return bases;
        }
    }

    private static List<Long> allBut(long... gone) {
        return IntStream.range(0, RECORDS)
                .asLongStream()
                .filter(offset -> IntStream.range(0, gone.length).noneMatch(i -> gone[i] == offset))
                .boxed()
                .toList();
    }

    @Test
    void nothingBehindALostEndOfASegmentIsThere() throws IOException {
        long last = bases.get(2) - 1;
        cutSegment(1, last);

        assertThat(offsetsFound()).isEqualTo(allBut().subList(0, (int) last));
    }

    @Test
    void aRecoveryPointBehindTheEndExplainsNoGap() throws IOException {
        long last = bases.get(2) - 1;
        cutSegment(1, last);
        write(OffsetCheckpoint.RECOVERY_POINTS, RECORDS + 1);

        assertThat(offsetsFound()).isEqualTo(allBut().subList(0, (int) last));
    }

    /** A log that is gone before anybody looks for something to compact. */
    @ParameterizedTest
    @ValueSource(strings = {CleanerOffsets.NAME, GapOffsets.NAME})
    void theCompactionOfALogThatWasSetAsideExplainsNoGapInTheNextOne(String file)
            throws IOException {
        write(file, RECORDS);
        LogDirectory directory = Directories.open(root, CONFIG, clock);
        directory.setAside(Directories.ORDERS);
        writeAgain(directory);
        long last = bases.get(2) - 1;
        cutSegment(1, last);

        assertThat(offsetsFound()).isEqualTo(allBut().subList(0, (int) last));
    }

    /** As a power cut leaves it that takes the log's name and not yet the entry. */
    @Test
    void anEntryWithoutALogExplainsNoGapInTheNextOne() throws IOException {
        DeadFiles.remove(partition);
        write(CleanerOffsets.NAME, RECORDS);
        writeAgain(Directories.open(root, CONFIG, clock));
        long last = bases.get(2) - 1;
        cutSegment(1, last);

        assertThat(offsetsFound()).isEqualTo(allBut().subList(0, (int) last));
    }

    @ParameterizedTest
    @ValueSource(strings = {CleanerOffsets.NAME, GapOffsets.NAME})
    void theCompactionBehindAFollowersCutExplainsNoGap(String file) throws IOException {
        write(file, RECORDS);
        LogDirectory directory = Directories.open(root, CONFIG, clock);
        Directories.orders(directory, CONFIG).truncateTo(1);
        writeAgain(directory);
        long last = bases.get(2) - 1;
        cutSegment(1, last);

        assertThat(offsetsFound()).isEqualTo(allBut().subList(0, (int) last));
    }

    @ParameterizedTest
    @ValueSource(strings = {CleanerOffsets.NAME, GapOffsets.NAME})
    void theCompactionBelowAFollowersCutStillExplainsGaps(String file) throws IOException {
        write(file, RECORDS);
        LogDirectory directory = Directories.open(root, CONFIG, clock);
        Directories.orders(directory, CONFIG).truncateTo(bases.get(3));
        writeAgain(directory);
        long last = bases.get(2) - 1;
        cutSegment(1, last);
        Files.deleteIfExists(root.resolve(OffsetCheckpoint.RECOVERY_POINTS));

        assertThat(offsetsFound()).isEqualTo(allBut(last));
    }

    @Test
    void withoutAnEntryNeitherACutNorANewLogWritesTheCleanersFile() throws IOException {
        TopicPartition other = new TopicPartition("other", 0);
        try (LogDirectory directory = Directories.open(root, CONFIG, clock)) {
            OffsetCheckpoint.write(root.resolve(CleanerOffsets.NAME), Map.of(other, 1L));
            Directories.orders(directory, CONFIG).truncateTo(1);
            directory.delete(Directories.ORDERS);
            Directories.orders(directory, CONFIG);

            assertThat(OffsetCheckpoint.read(root.resolve(CleanerOffsets.NAME)))
                    .containsExactly(Map.entry(other, 1L));
        }
    }

    /** Up to as many records as before, in the same segments; nothing is known to be durable. */
    private void writeAgain(LogDirectory directory) throws IOException {
        PartitionLog log = Directories.orders(directory, CONFIG);
        for (long i = log.logEndOffset(); i < RECORDS; i++) {
            log.appendAsLeader(Batches.of("v" + i + ".".repeat(20)), 0, Origin.CLIENT);
        }
        bases = log.cleaning().view().segments().stream().map(Segment::baseOffset).toList();
        partition = log.directory();
        directory.abandon();
        Files.deleteIfExists(root.resolve(OffsetCheckpoint.RECOVERY_POINTS));
        PartitionMetadataFile.write(partition, Uuid.ONE_UUID);
    }

    /** Else it would be believed of records that come later. */
    @Test
    void aRecoveryPointBehindTheEndIsLoweredByTheStart() throws IOException {
        write(OffsetCheckpoint.RECOVERY_POINTS, RECORDS + 1);

        Directories.open(root, CONFIG, clock).abandon();

        assertThat(OffsetCheckpoint.read(root.resolve(OffsetCheckpoint.RECOVERY_POINTS)))
                .hasEntrySatisfying(
                        Directories.ORDERS,
                        point -> assertThat(point).isLessThanOrEqualTo(RECORDS));
    }

    @Test
    void aLostEndIsAlsoFoundWhenTheLeaderEpochsAreGone() throws IOException {
        long last = bases.get(2) - 1;
        cutSegment(1, last);
        Files.delete(partition.resolve(LeaderEpochs.NAME));

        assertThat(offsetsFound()).isEqualTo(allBut().subList(0, (int) last));
    }

    @Test
    void nothingBehindALostSegmentIsThere() throws IOException {
        Files.delete(log(2));

        assertThat(offsetsFound()).isEqualTo(allBut().subList(0, bases.get(2).intValue()));
    }

    @Test
    void whatIsMissingBelowTheRecoveryPointWasTakenOut() throws IOException {
        long last = bases.get(2) - 1;
        cutSegment(1, last);
        write(OffsetCheckpoint.RECOVERY_POINTS, bases.get(2));

        assertThat(offsetsFound()).isEqualTo(allBut(last));
    }

    @ParameterizedTest
    @ValueSource(strings = {CleanerOffsets.NAME, GapOffsets.NAME})
    void whatIsMissingBelowACleanersCheckpointWasTakenOut(String file) throws IOException {
        long last = bases.get(2) - 1;
        cutSegment(1, last);
        write(file, bases.get(3));

        assertThat(offsetsFound()).isEqualTo(allBut(last));
    }

    @Test
    void aSegmentWithGapsWithinWasCompactedToItsEnd() throws IOException {
        long last = bases.get(2) - 1;
        cutSegment(1, last);
        takeOut(1, last - 2);

        assertThat(offsetsFound()).isEqualTo(allBut(last, last - 2));
    }

    @ParameterizedTest
    @ValueSource(strings = {CleanerOffsets.NAME, GapOffsets.NAME})
    void aDamagedCleanerCheckpointLosesNothing(String file) throws IOException {
        long last = bases.get(2) - 1;
        cutSegment(1, last);
        Path damaged = (file.equals(GapOffsets.NAME) ? partition : root).resolve(file);
        Files.writeString(damaged, "nonsense");

        assertThat(offsetsFound()).isEqualTo(allBut(last));
    }

    @Test
    void aCleanStopIsBelieved() throws IOException {
        long last = bases.get(2) - 1;
        cutSegment(1, last);
        CleanStop.mark(root, -1);

        assertThat(offsetsFound()).isEqualTo(allBut(last));
    }

    /** A file that is torn inside leaves no doubt. */
    @Test
    void nothingBehindATornSegmentIsThereWhateverExplainsAGap() throws IOException {
        long last = bases.get(2) - 1;
        tear(1, last);
        write(CleanerOffsets.NAME, bases.get(3));
        Files.delete(partition.resolve(LeaderEpochs.NAME));

        assertThat(offsetsFound()).isEqualTo(allBut().subList(0, (int) last));
    }

    /** As it is when records are deleted. */
    @Test
    void aStartThatIsNotBelievedExplainsNoGap() throws IOException {
        long last = bases.get(2) - 1;
        cutSegment(1, last);
        write(OffsetCheckpoint.LOG_STARTS, RECORDS - 1);

        assertThat(offsetsFound()).isEqualTo(allBut().subList(0, (int) last));
    }

    @Test
    void aStartBehindTheEndExplainsNoGap() throws IOException {
        long last = bases.get(2) - 1;
        cutSegment(1, last);
        Files.delete(partition.resolve(LeaderEpochs.NAME));
        write(OffsetCheckpoint.LOG_STARTS, RECORDS + 1);

        assertThat(offsetsFound()).isEqualTo(allBut().subList(0, (int) last));
    }

    /** Readers tell of it, and what is behind it was on the disk. */
    @Test
    void aBadHeaderBelowTheRecoveryPointCostsNothingBehindIt() throws IOException {
        write(OffsetCheckpoint.RECOVERY_POINTS, RECORDS);
        flipSize(1, bases.get(1));
        long size = Files.size(log(1));
        Files.delete(partition.resolve(LeaderEpochs.NAME));

        assertThat(offsetsBehind(2)).isEqualTo(allBut().subList(bases.get(2).intValue(), RECORDS));

        assertThat(log(1)).hasSize(size);
    }

    @Test
    void aBadHeaderInASegmentWithoutIndexesCostsNothingBehindIt() throws IOException {
        write(OffsetCheckpoint.RECOVERY_POINTS, RECORDS);
        flipSize(1, bases.get(1));
        long size = Files.size(log(1));
        Files.delete(partition.resolve(PartitionFiles.name(bases.get(1), ".index")));

        assertThat(offsetsBehind(2)).isEqualTo(allBut().subList(bases.get(2).intValue(), RECORDS));

        assertThat(log(1)).hasSize(size);
    }

    /** Or what is appended up to there would count as compacted. */
    @ParameterizedTest
    @ValueSource(strings = {CleanerOffsets.NAME, GapOffsets.NAME})
    void aCleanersOffsetBehindTheEndIsDropped(String file) throws IOException {
        write(file, RECORDS + 1);

        try (LogDirectory directory = Directories.open(root, CONFIG, clock)) {
            var _ =
                    new CompactionLook(
                            directory,
                            Directories.ALL_VISIBLE,
                            clock,
                            Directories.unlimited(clock, 1 << 20));
        }

        assertThat(new CleanerOffsets(root).of(Directories.ORDERS)).isZero();
        assertThat(GapOffsets.read(partition)).isLessThanOrEqualTo(RECORDS);
    }
}
