package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a start makes of the small files beside the segments when they are not what was written. */
class DamagedFilesTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final LogConfig CONFIG = Batches.config(4096, 300);
    private static final long PRODUCER = 5;
    private static final long ROLLED_BACK = 9;
    private static final int BATCHES = 80;

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private List<String> written = List.of();
    private List<AbortedTransaction> aborted = List.of();

    private LogDirectory open() throws IOException {
        return LogDirectory.open(root, Directories.settings(CONFIG, 2), clock);
    }

    private static PartitionLog orders(LogDirectory directory) {
        return directory.open(PARTITION, Uuid.ONE_UUID, CONFIG);
    }

    private static Append append(PartitionLog log, int sequence) {
        return log.appendAsLeader(
                Batches.idempotent(PRODUCER, 0, sequence, "value " + sequence),
                sequence / 30,
                Origin.CLIENT);
    }

    /** Several segments, three leader epochs, transactions rolled back, a log start inside. */
    private void write(boolean cleanStop) throws IOException {
        LogDirectory directory = open();
        PartitionLog log = orders(directory);
        for (int i = 0; i < BATCHES; i++) {
            int epoch = i / 30;
            append(log, i);
            if (i % 20 == 10) {
                log.appendAsLeader(
                        Batches.transactional(ROLLED_BACK, 0, i / 20, "undone " + i),
                        epoch,
                        Origin.CLIENT);
                log.appendAsLeader(
                        Batches.marker(ROLLED_BACK, 0, ControlRecordType.ABORT, 1),
                        epoch,
                        Origin.COORDINATOR);
            }
        }
        log.flush();
        log.advanceLogStart(7);
        directory.groupCommit().commitAndWait(List.of(log));
        directory.writeCheckpoints();
        written = Batches.all(log);
        aborted = log.abortedTransactions(0, log.logEndOffset());
        if (cleanStop) {
            directory.close();
        } else {
            directory.abandon();
        }
    }

    /** What has a place of its own below, or cannot tell: an id, a start, and a mark. */
    private static final List<String> LEFT_OUT =
            List.of(PartitionFiles.LOG, OffsetCheckpoint.LOG_STARTS, PartitionMetadataFile.NAME);

    private List<Path> filesBesideTheData() throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> LEFT_OUT.stream().noneMatch(file.toString()::endsWith))
                    .filter(file -> file.toFile().length() > 0)
                    .sorted()
                    .toList();
        }
    }

    static void flip(Path file, long bit) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) (bit / 8)] ^= (byte) (1 << (bit % 8));
        Files.write(file, bytes);
    }

    @Seeded(runs = 100)
    void aFlippedBitCostsNoRecordAndNoStart(RandomGenerator random) throws IOException {
        boolean cleanStop = random.nextBoolean();
        write(cleanStop);
        List<Path> files = filesBesideTheData();
        Path victim = files.get(random.nextInt(files.size()));
        long bit = random.nextLong(8L * Files.size(victim));
        flip(victim, bit);
        String what =
                "%s, bit %d of %s"
                        .formatted(cleanStop ? "stopped" : "killed", bit, victim.getFileName());

        LogDirectory directory = open();
        PartitionLog log = orders(directory);

        if (victim.endsWith(LeaderEpochs.NAME)) {
            // Where the two do not agree on the log's start, deleted records may be back.
            assertThat(Batches.all(log)).as(what).endsWith(written.toArray(String[]::new));
        } else {
            assertThat(Batches.all(log)).as(what).isEqualTo(written);
        }
        assertThat(log.abortedTransactions(0, log.logEndOffset())).as(what).isEqualTo(aborted);
        assertThat(append(log, BATCHES)).as(what).isInstanceOf(Append.Done.class);
        assertThat(directory.isOnline()).as(what).isTrue();
        directory.abandon();
    }

    @ParameterizedTest
    @ValueSource(strings = {OffsetCheckpoint.RECOVERY_POINTS, OffsetCheckpoint.LOG_STARTS})
    void aCheckpointThatCannotBeReadIsMissedAndNoMore(String name) throws IOException {
        write(false);
        Files.write(root.resolve(name), new byte[] {'0', '\n', '1', '\n', (byte) 0xff, '\n'});

        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);

            assertThat(Batches.all(log)).endsWith(written.toArray(String[]::new));
        }
    }

    @Test
    void aStartBehindTheEndOfALogThatWasStoppedIsNotBelieved() throws IOException {
        write(true);
        OffsetCheckpoint.write(root.resolve(OffsetCheckpoint.LOG_STARTS), Map.of(PARTITION, 900L));

        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);

            assertThat(Batches.all(log)).endsWith(written.toArray(String[]::new));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"version: 0\ntopic_id: not\u0001an\u0002id!", "\u00ff"})
    void aPartitionWithoutAReadableIdIsTheTopicsOfItsName(String content) throws IOException {
        write(true);
        Path file = root.resolve("orders-0").resolve(PartitionMetadataFile.NAME);
        Files.write(file, content.getBytes(StandardCharsets.ISO_8859_1));

        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);

            assertThat(Batches.all(log)).isEqualTo(written);
            assertThat(PartitionMetadataFile.read(log.directory())).isEqualTo(Uuid.ONE_UUID);
        }
    }

    @Test
    void aPartitionThatCannotBeReadIsNamed() throws IOException {
        write(false);
        Path segment = PartitionFiles.log(root.resolve("orders-0"), 0);
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            // A hole: it takes a block of the disk.
            channel.write(ByteBuffer.allocate(1), 1L << 32);
        }

        assertThatThrownBy(this::open)
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot read back " + root + ": orders-0: ");
    }
}
