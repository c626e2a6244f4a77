package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogAppendInfo;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.junit.jupiter.api.io.TempDir;

/** The same random operations on this log and on Kafka's give the same answers. */
class SameAsKafkaTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final LogConfig CONFIG = Batches.config(3000, 150);
    private static final int OPERATIONS = 400;

    @TempDir Path root;
    private final Map<Long, Integer> nextSequence = new HashMap<>();
    private RandomGenerator random = null_();
    private PartitionLog ours = null_();
    private KafkaLog kafkas = null_();
    private boolean deleting;
    private int leaderEpoch;
    private long highWatermark;
    private String doing = "";

    /** Fields are set at the beginning of each run. */
    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
    private static <T> T null_() {
        return null;
    }

    @Seeded(runs = 10)
    void randomOperationsGiveTheSameAnswers(RandomGenerator seeded) throws IOException {
        random = seeded;
        deleting = random.nextBoolean();
        ours = openOurs();
        kafkas = KafkaLog.open(root.resolve("kafka").resolve("orders-0"), CONFIG, true);
        lead();

        for (int i = 0; i < OPERATIONS; i++) {
            operate();
            compareState();
        }

        ours.close();
        kafkas.close();
    }

    private PartitionLog openOurs() throws IOException {
        return PartitionLog.open(
                root.resolve("takhin").resolve("orders-0"),
                PARTITION,
                Uuid.ONE_UUID,
                CONFIG,
                new ManualClock(Batches.NOW));
    }

    private void operate() throws IOException {
        int dice = random.nextInt(100);
        if (dice < 55) {
            appendFromProducer();
        } else if (dice < 65) {
            appendPlain();
        } else if (dice < 75) {
            endTransaction();
        } else if (dice < 78) {
            leaderEpoch++;
            doing = "epoch " + leaderEpoch;
            lead();
        } else if (dice < 86) {
            // Not both in one run: Kafka forgets producers whose records are deleted once it has to
            // read the log again; this log remembers them as long as it can.
            if (deleting) {
                deleteRecords();
            } else if (dice < 82) {
                truncate();
            } else {
                reopen();
            }
        } else {
            read();
        }
    }

    /** Else Kafka would note the epoch even with an append that it refuses. */
    private void lead() {
        kafkas.log().assignEpochStartOffset(leaderEpoch, ours.logEndOffset());
        ours.epochs().begin(leaderEpoch);
    }

    private void appendPlain() {
        int count = 1 + random.nextInt(4);
        String[] values = new String[count];
        for (int i = 0; i < count; i++) {
            values[i] = "plain".repeat(1 + random.nextInt(20));
        }
        append(() -> batch(-1, -1, -1, false, values), Origin.CLIENT, "plain append");
    }

    private void appendFromProducer() {
        long id = 1L + random.nextInt(4);
        int epoch = random.nextInt(20) == 0 ? random.nextInt(3) : 1;
        int sequence = nextSequence.getOrDefault(id, 0);
        int oddity = random.nextInt(10);
        if (oddity == 0) {
            sequence = Math.max(0, sequence - 1 - random.nextInt(8));
        } else if (oddity == 1) {
            sequence += 1 + random.nextInt(3);
        } else if (oddity == 2) {
            sequence = 0;
        }
        int count = 1 + random.nextInt(3);
        String[] values = new String[count];
        for (int i = 0; i < count; i++) {
            values[i] = "p" + id + "s" + (sequence + i);
        }
        boolean transactional = id <= 2 && random.nextInt(8) != 0;
        int from = sequence;
        boolean done =
                append(
                        () -> batch(id, epoch, from, transactional, values),
                        Origin.CLIENT,
                        "producer " + id + " epoch " + epoch + " sequence " + from);
        if (done) {
            nextSequence.put(id, sequence + count);
        }
    }

    private void endTransaction() {
        long id = 1L + random.nextInt(2);
        ControlRecordType type =
                random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        int epoch = random.nextInt(6) == 0 ? random.nextInt(3) : 1;
        int coordinatorEpoch = random.nextInt(10) == 0 ? random.nextInt(4) : 3;
        append(
                () -> Batches.marker(id, epoch, type, coordinatorEpoch),
                Origin.COORDINATOR,
                type + " of " + id);
    }

    private interface Batch {
        ByteBuffer make();
    }

    private boolean append(Batch batch, Origin origin, String what) {
        doing = what + " at " + ours.logEndOffset();
        String expected;
        try {
            LogAppendInfo info =
                    kafkas.append(
                            batch.make(),
                            leaderEpoch,
                            origin == Origin.CLIENT
                                    ? AppendOrigin.CLIENT
                                    : AppendOrigin.COORDINATOR);
            expected = info.firstOffset() + ".." + info.lastOffset();
        } catch (ApiException e) {
            expected = Errors.forException(e).name();
        }

        Append answer = ours.appendAsLeader(batch.make(), leaderEpoch, origin);

        String actual =
                switch (answer) {
                    case Append.Done done -> done.baseOffset() + ".." + done.lastOffset();
                    case Append.Duplicate again -> again.baseOffset() + ".." + again.lastOffset();
                    case Append.Refused refused -> refused.error().name();
                };
        if (answer instanceof Append.Duplicate
                && expected.equals(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER.name())) {
            // After a cut Kafka remembers one batch of a producer, where this log has read five.
            return false;
        }
        assertThat(actual).as(doing).isEqualTo(expected);
        return answer instanceof Append.Done;
    }

    private ByteBuffer batch(
            long producerId, int epoch, int sequence, boolean transactional, String... values) {
        long time = Batches.NOW - 1000 + (values[0].hashCode() & 1023);
        Compression compression =
                (values[0].hashCode() & 1) == 0 ? Compression.NONE : Compression.lz4().build();
        try (MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        ByteBuffer.allocate(1 << 14),
                        RecordBatch.CURRENT_MAGIC_VALUE,
                        compression,
                        TimestampType.CREATE_TIME,
                        0L,
                        time,
                        producerId,
                        (short) epoch,
                        sequence,
                        transactional,
                        RecordBatch.NO_PARTITION_LEADER_EPOCH)) {
            for (int i = 0; i < values.length; i++) {
                builder.append(time + i % 2, null, values[i].getBytes(StandardCharsets.UTF_8));
            }
            return builder.build().buffer();
        }
    }

    private void truncate() throws IOException {
        long from = ours.logStartOffset();
        long offset = batchAt(from + random.nextLong(ours.logEndOffset() - from + 1));
        doing = "truncate to " + offset;
        kafkas.log().truncateTo(offset);
        ours.truncateTo(offset);
        nextSequence.clear();
        lead();
    }

    /** Leaders and followers cut at the begin of a batch. */
    private long batchAt(long offset) throws IOException {
        LogRead read = ours.read(offset, 1, true, ours.logEndOffset());
        for (RecordBatch batch : Batches.recordsOf(read).batches()) {
            return Math.max(batch.baseOffset(), ours.logStartOffset());
        }
        return offset;
    }

    private void deleteRecords() throws IOException {
        long from = ours.logStartOffset();
        long offset = from + random.nextLong(ours.logEndOffset() - from + 1);
        doing = "delete records below " + offset;
        raiseHighWatermark(ours.logEndOffset());
        kafkas.log()
                .maybeIncrementLogStartOffset(
                        offset, LogStartOffsetIncrementReason.ClientRecordDeletion);
        ours.advanceLogStart(offset);
    }

    private void reopen() throws IOException {
        doing = "reopen";
        long start = ours.logStartOffset();
        ours.flush();
        if (random.nextBoolean()) {
            ours.close();
        } else {
            ours.files().release();
        }
        ours = openOurs();
        if (start > ours.logStartOffset()) {
            ours.advanceLogStart(start);
        }
        // An epoch without records need not survive.
        lead();
    }

    private void read() throws IOException {
        long start = ours.logStartOffset();
        long end = ours.logEndOffset();
        long offset = start + random.nextLong(end - start + 1);
        int bytesMax = 1 + random.nextInt(2000);
        doing = "read at " + offset + " of " + bytesMax + " bytes";
        raiseHighWatermark(end);

        Records expected =
                kafkas.log().read(offset, bytesMax, FetchIsolation.HIGH_WATERMARK, true).records;
        MemoryRecords actual = Batches.recordsOf(ours.read(offset, bytesMax, true, end));

        // Kafka begins a new segment even for an append that it then refuses, and a read ends with
        // its segment: so only what both returned can be compared.
        int common = Math.min(expected.sizeInBytes(), actual.sizeInBytes());
        assertThat(common > 0).as(doing).isEqualTo(expected.sizeInBytes() > 0);
        assertThat(Arrays.copyOf(bytes(actual), common))
                .as(doing)
                .isEqualTo(Arrays.copyOf(bytes(expected), common));
        findByTime();
    }

    private void raiseHighWatermark(long to) throws IOException {
        highWatermark = Math.max(Math.min(highWatermark, ours.logEndOffset()), to);
        kafkas.log().updateHighWatermark(highWatermark);
    }

    private static byte[] bytes(Records records) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(records.sizeInBytes());
        if (records instanceof FileRecords file) {
            file.readInto(bytes, 0);
        } else {
            bytes.put(((MemoryRecords) records).buffer());
        }
        return bytes.array();
    }

    private void findByTime() {
        long timestamp = Batches.NOW - 1100 + random.nextInt(1300);
        Optional<FileRecords.TimestampAndOffset> expected =
                kafkas.log()
                        .fetchOffsetByTimestamp(timestamp, Optional.empty())
                        .timestampAndOffsetOpt();

        FoundOffset actual = ours.findByTimestamp(timestamp);

        if (expected.isEmpty() && ours.logStartOffset() > 0) {
            // Kafka stops at the first segment that could have it, even when what matches there is
            // deleted.
            return;
        }
        assertThat(actual.offset())
                .as("first offset at %d", timestamp)
                .isEqualTo(expected.map(found -> found.offset).orElse(-1L));
    }

    private void compareState() throws IOException {
        assertThat(ours.logEndOffset()).as(doing).isEqualTo(kafkas.log().logEndOffset());
        assertThat(ours.logStartOffset()).as(doing).isEqualTo(kafkas.log().logStartOffset());
        assertThat(ours.epochs().latest())
                .as(doing)
                .isEqualTo(kafkas.log().latestEpoch().orElse(-1));
        int epoch = random.nextInt(leaderEpoch + 2);
        EpochEnd end = ours.epochs().endOf(epoch, ours.logEndOffset());
        assertThat(end.endOffset())
                .as(doing + ", end of epoch " + epoch)
                .isEqualTo(
                        kafkas.log()
                                .endOffsetForEpoch(epoch)
                                .map(found -> found.offset())
                                .orElse(-1L));
        compareTransactions();
    }

    private void compareTransactions() throws IOException {
        raiseHighWatermark(ours.logEndOffset() - random.nextInt(2));
        assertThat(ours.lastStableOffset(highWatermark))
                .as(doing + ", last stable offset below " + highWatermark)
                // Kafka may name the begin of a batch whose first records are deleted.
                .isEqualTo(Math.max(kafkas.log().lastStableOffset(), ours.logStartOffset()));
        assertThat(
                        ours
                                .abortedTransactions(ours.logStartOffset(), ours.logEndOffset())
                                .stream()
                                .map(txn -> txn.producerId() + ":" + txn.firstOffset())
                                .collect(Collectors.toSet()))
                .as(doing + ", aborted transactions")
                .isEqualTo(
                        kafkas
                                .log()
                                .collectAbortedTransactions(
                                        ours.logStartOffset(), ours.logEndOffset())
                                .stream()
                                .map(txn -> txn.producerId() + ":" + txn.firstOffset())
                                .collect(Collectors.toSet()));
    }
}
