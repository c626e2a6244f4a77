package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.log.DurableMark;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.raft.Isolation;
import org.apache.kafka.raft.LogOffsetMetadata;
import org.apache.kafka.raft.MetadataLogConfig;
import org.apache.kafka.raft.RaftLog;
import org.apache.kafka.raft.internals.KafkaRaftLog;
import org.apache.kafka.server.common.OffsetAndEpoch;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.snapshot.RawSnapshotWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same operations on our Raft log and on Kafka's own give the same answers. */
class MetadataLogOracleTest {
    private static final int OPERATIONS = 300;

    @TempDir Path ourDirectory;
    @TempDir Path kafkaDirectory;

    private final long seed = Long.getLong("takhin.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final KafkaScheduler scheduler = new KafkaScheduler(1);
    private RaftLog ours;
    private RaftLog kafkas;
    private int epoch = 1;
    private long highWatermark;

    @BeforeEach
    void open() throws Exception {
        scheduler.startup();
        ours = MetadataLog.open(ourDirectory, Clock.SYSTEM);
        kafkas = openKafkas(kafkaDirectory.resolve(MetadataLog.PARTITION.toString()));
    }

    @AfterEach
    void close() throws Exception {
        ours.close();
        kafkas.close();
        scheduler.shutdown();
    }

    private KafkaRaftLog openKafkas(Path partition) throws Exception {
        Files.createDirectories(partition);
        return KafkaRaftLog.createLog(
                MetadataLog.PARTITION,
                Uuid.METADATA_TOPIC_ID,
                partition.toFile(),
                Time.SYSTEM,
                scheduler,
                new MetadataLogConfig(
                        new AbstractConfig(MetadataLogConfig.CONFIG_DEF, Map.of(), false)),
                1);
    }

    @Test
    void anySequenceOfOperationsLeavesBothWithTheSameAnswers() throws Exception {
        for (int i = 0; i < OPERATIONS; i++) {
            String done = operate();
            compare("seed " + seed + ", operation " + i + ": " + done, 0);
        }
    }

    // The directory of a clean stop is plain Kafka's.
    @Test
    void kafkaOpensWhatWeWrote() throws Exception {
        for (int i = 0; i < 100; i++) {
            operate();
        }
        ours.close();
        kafkas.close();

        kafkas = openKafkas(ourDirectory.resolve(MetadataLog.PARTITION.toString()));
        ours = MetadataLog.open(kafkaDirectory, Clock.SYSTEM);

        highWatermark = 0;
        restoreHighWatermark();
        // Both begin again at their first segment. Of epochs before the oldest snapshot our log
        // learns anew and Kafka's does not; nobody is answered from them but with a snapshot.
        int from = ours.earliestSnapshotId().map(id -> id.epoch() + 1).orElse(0);
        compare("seed " + seed + ", each opened what the other wrote", from);
    }

    // What Kafka cuts and writes anew must not be held against a mark of before.
    @Test
    void kafkaDeletesTheMarkWhenItOpensTheLog() throws Exception {
        ours.appendAsLeader(
                MemoryRecords.withRecords(
                        0, Compression.NONE, epoch, new SimpleRecord(1000L, new byte[10])),
                epoch);
        ours.close();
        kafkas.close();
        Path partition = ourDirectory.resolve(MetadataLog.PARTITION.toString());
        assertThat(partition.resolve(DurableMark.NAME)).exists();

        kafkas = openKafkas(partition);

        assertThat(partition.resolve(DurableMark.NAME)).doesNotExist();
        assertThat(kafkas.endOffset().offset()).isEqualTo(1);
    }

    private void restoreHighWatermark() {
        highWatermark = ours.endOffset().offset();
        ours.updateHighWatermark(new LogOffsetMetadata(highWatermark));
        kafkas.updateHighWatermark(new LogOffsetMetadata(highWatermark));
    }

    private String operate() {
        return switch (random.nextInt(12)) {
            case 0 -> beginEpoch();
            case 1 -> truncate();
            case 2 -> advanceHighWatermark();
            case 3 -> snapshot();
            case 4 -> deleteBeforeSnapshot();
            default -> append();
        };
    }

    private String append() {
        MemoryRecords batch = batch(ours.endOffset().offset(), 1 + random.nextInt(5));
        ours.appendAsLeader(copy(batch), epoch);
        kafkas.appendAsLeader(copy(batch), epoch);
        return "append";
    }

    private MemoryRecords batch(long offset, int count) {
        List<SimpleRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[random.nextInt(100)];
            random.nextBytes(value);
            records.add(new SimpleRecord(1000L + i, value));
        }
        return MemoryRecords.withRecords(
                offset, Compression.NONE, epoch, records.toArray(SimpleRecord[]::new));
    }

    private static MemoryRecords copy(MemoryRecords records) {
        ByteBuffer copy = ByteBuffer.allocate(records.sizeInBytes());
        copy.put(records.buffer().duplicate());
        return MemoryRecords.readableRecords(copy.flip());
    }

    private String beginEpoch() {
        epoch += 1 + random.nextInt(2);
        ours.initializeLeaderEpoch(epoch);
        kafkas.initializeLeaderEpoch(epoch);
        // A leader writes at once; without a record nobody could learn of its epoch.
        append();
        return "epoch " + epoch;
    }

    private String truncate() {
        // Epochs end where batches end, and so the Raft client never cuts through one.
        List<Long> ends = batchEnds();
        ends.add(highWatermark);
        long to = Math.max(ends.get(random.nextInt(ends.size())), ours.startOffset());
        ours.truncateTo(to);
        kafkas.truncateTo(to);
        return "truncate to " + to;
    }

    private String advanceHighWatermark() {
        List<Long> ends = batchEnds();
        if (!ends.isEmpty()) {
            highWatermark = ends.get(random.nextInt(ends.size()));
            ours.updateHighWatermark(new LogOffsetMetadata(highWatermark));
            kafkas.updateHighWatermark(new LogOffsetMetadata(highWatermark));
        }
        return "high watermark " + highWatermark;
    }

    private List<Long> batchEnds() {
        List<Long> ends = new ArrayList<>();
        long offset = Math.max(highWatermark, ours.startOffset());
        while (offset < ours.endOffset().offset()) {
            Records read = ours.read(offset, Isolation.UNCOMMITTED, 1 << 20).records;
            for (RecordBatch batch : read.batches()) {
                ends.add(batch.nextOffset());
                offset = batch.nextOffset();
            }
        }
        return ends;
    }

    private String snapshot() {
        if (highWatermark == 0 || highWatermark < ours.startOffset()) {
            return "no snapshot";
        }
        int snapshotEpoch = epochBefore(highWatermark);
        OffsetAndEpoch id = new OffsetAndEpoch(highWatermark, snapshotEpoch);
        Optional<RawSnapshotWriter> our = ours.createNewSnapshot(id);
        Optional<RawSnapshotWriter> kafka = kafkas.createNewSnapshot(id);
        assertThat(our.isPresent()).as("seed %d", seed).isEqualTo(kafka.isPresent());
        our.ifPresent(MetadataLogOracleTest::freeze);
        kafka.ifPresent(MetadataLogOracleTest::freeze);
        return "snapshot " + id;
    }

    private int epochBefore(long offset) {
        if (offset == ours.startOffset()) {
            return ours.earliestSnapshotId().map(OffsetAndEpoch::epoch).orElse(0);
        }
        return ours.read(offset - 1, Isolation.UNCOMMITTED, 1)
                .records
                .batches()
                .iterator()
                .next()
                .partitionLeaderEpoch();
    }

    private static void freeze(RawSnapshotWriter writer) {
        try (writer) {
            writer.append(
                    MemoryRecords.withRecords(
                            Compression.NONE, new SimpleRecord(1, new byte[] {1, 2, 3})));
            writer.freeze();
        }
    }

    private String deleteBeforeSnapshot() {
        Optional<OffsetAndEpoch> latest = kafkas.latestSnapshotId();
        latest.ifPresent(id -> {
            ours.deleteBeforeSnapshot(id);
            kafkas.deleteBeforeSnapshot(id);
        });
        return "delete before " + latest;
    }

    private void compare(String after, int fromEpoch) {
        assertThat(ours.startOffset()).as(after).isEqualTo(kafkas.startOffset());
        assertThat(ours.endOffset().offset()).as(after).isEqualTo(kafkas.endOffset().offset());
        assertThat(ours.highWatermark().offset())
                .as(after)
                .isEqualTo(kafkas.highWatermark().offset());
        assertThat(ours.lastFetchedEpoch()).as(after).isEqualTo(kafkas.lastFetchedEpoch());
        assertThat(ours.latestSnapshotId()).as(after).isEqualTo(kafkas.latestSnapshotId());
        assertThat(ours.earliestSnapshotId()).as(after).isEqualTo(kafkas.earliestSnapshotId());
        for (int asked = fromEpoch; asked <= epoch + 1; asked++) {
            assertThat(ours.endOffsetForEpoch(asked))
                    .as("%s, end of epoch %d", after, asked)
                    .isEqualTo(kafkas.endOffsetForEpoch(asked));
        }
        for (int i = 0; i < 5; i++) {
            compareAt(after);
        }
    }

    private void compareAt(String after) {
        long start = ours.startOffset();
        long offset = start + random.nextLong(ours.endOffset().offset() - start + 1);
        int asked = random.nextInt(epoch + 2);
        assertThat(ours.validateOffsetAndEpoch(offset, asked))
                .as("%s, validate %d of epoch %d", after, offset, asked)
                .isEqualTo(kafkas.validateOffsetAndEpoch(offset, asked));
        assertThat(batchOffsets(ours, offset))
                .as("%s, read at %d", after, offset)
                .isEqualTo(batchOffsets(kafkas, offset));
    }

    private static List<Long> batchOffsets(RaftLog log, long offset) {
        List<Long> offsets = new ArrayList<>();
        log.read(offset, Isolation.UNCOMMITTED, 1 << 20)
                .records
                .batches()
                .forEach(batch -> offsets.add(batch.baseOffset()));
        return offsets;
    }
}
