package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.checkpoint.GapOffsets;
import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.BeforeEach;

/**
 * What says how far a log was compacted keeps the journal from putting back what lies below: so
 * nothing is written to the next log of the name, or behind a cut, before it says less.
 */
class GapsOnAFullDiskTest {
    private static final int HALF_BYTES = 64 << 10;
    private static final FlushRule RULE = new FlushRule(HALF_BYTES, 4 << 10, 16 << 10, 4);
    private static final LogConfig DEFAULTS = Batches.config(600, 100);
    private static final LogConfig COMPACTED = DEFAULTS.withCleanup(Cleanup.compact(0.1, 60_000));
    private static final TopicPartition GONE = new TopicPartition("gone", 0);
    private static final Uuid OTHER_ID = new Uuid(7, 7);

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void open() throws IOException {
        open(Uuid.ONE_UUID);
    }

    private void open(Uuid id) throws IOException {
        Path root = disk.root().resolve("data");
        directory = LogDirectory.open(root, Directories.settings(DEFAULTS, 1), RULE, clock);
        log = directory.open(Directories.ORDERS, id, COMPACTED);
    }

    /**
     * Compacted logs, a journal, and no recovery points: a deleted topic had one. What is given
     * back is not enough for anything.
     */
    private void begin(RandomGenerator random) throws IOException {
        directory.abandon();
        disk = new SimulatedDisk(random);
        open();
        fill(log);
        PartitionLog gone = directory.open(GONE, new Uuid(6, 6), COMPACTED);
        fill(gone);
        // The file takes more room than a partition's directory.
        fill(directory.open(new TopicPartition("x".repeat(100), 0), new Uuid(5, 5), COMPACTED));
        while (directory.groupCommit().backlog().journalCapacity() < 2 * HALF_BYTES) {
            write(gone, "wait", 1);
            gone.flush();
        }
        directory.writeCheckpoints();
        new CompactionLook(
                        directory,
                        Directories.ALL_VISIBLE,
                        clock,
                        Directories.unlimited(clock, 1 << 16))
                .run();
        assertThat(GapOffsets.read(log.directory())).isPositive();
        disk.leaveFree(-1 << 20);
        directory.delete(GONE);
        disk.leaveFree(-1 << 20);
        directory.writeCheckpoints();
        assertThat(directory.root().resolve(OffsetCheckpoint.RECOVERY_POINTS)).doesNotExist();
        disk.leaveFree(-1 << 20);
    }

    private static void fill(PartitionLog target) {
        for (int i = 0; i < 30; i++) {
            write(target, "k" + i % 3, i);
        }
        target.flush();
    }

    private static void write(PartitionLog target, String key, int number) {
        String value = "v" + number + ".".repeat(20);
        SimpleRecord record =
                new SimpleRecord(Batches.NOW, key.getBytes(UTF_8), value.getBytes(UTF_8));
        assertThat(target.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT))
                .isInstanceOf(Append.Done.class);
    }

    private void acknowledgedRecordsSurvive(Uuid id) throws IOException {
        for (int i = 0; i < 6; i++) {
            write(log, "b" + i, 100 + i);
            log.flush();
        }
        List<String> acknowledged = Batches.all(log);
        disk.cutPower();
        directory.abandon();
        disk.restart();
        open(id);
        assertThat(Batches.all(log)).isEqualTo(acknowledged);
        directory.close();
    }

    @Seeded(runs = 10)
    void theNextTopicOfTheNameWaitsForRoom(RandomGenerator random) throws IOException {
        begin(random);
        directory.delete(Directories.ORDERS);
        // For the directory and whose it is.
        disk.leaveFree(60);
        assertThatThrownBy(() -> directory.open(Directories.ORDERS, OTHER_ID, COMPACTED))
                .isInstanceOf(KafkaStorageException.class);
        assertThat(directory.isOnline()).isTrue();
        disk.leaveFree(1 << 30);
        log = directory.open(Directories.ORDERS, OTHER_ID, COMPACTED);

        acknowledgedRecordsSurvive(OTHER_ID);
    }

    @Seeded(runs = 10)
    void aCutWaitsForRoom(RandomGenerator random) throws IOException {
        begin(random);
        assertThatThrownBy(() -> log.truncateTo(10)).isInstanceOf(KafkaStorageException.class);
        assertThat(directory.isOnline()).isTrue();
        disk.leaveFree(1 << 30);
        log.truncateTo(10);

        acknowledgedRecordsSurvive(Uuid.ONE_UUID);
    }
}
