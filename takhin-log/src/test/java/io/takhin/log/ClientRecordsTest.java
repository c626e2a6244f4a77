package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.protocol.BatchHeader;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.apache.kafka.common.utils.ByteUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batches that are small, and claim to be, or become, very large. */
class ClientRecordsTest {
    private static final Compression ZSTD = Compression.zstd().build();
    private static final LogConfig PLAIN = Batches.config();
    private static final LogConfig IN_GZIP =
            PLAIN.with().compression(Compression.gzip().build()).build();
    private static final LogConfig COMPACTED =
            PLAIN.withCleanup(Cleanup.compact(0.5, Long.MAX_VALUE));

    @TempDir Path root;
    private final List<PartitionLog> opened = new ArrayList<>();

    private PartitionLog open(LogConfig config) throws IOException {
        PartitionLog log =
                PartitionLog.open(
                        root.resolve("orders-0"),
                        new TopicPartition("orders", 0),
                        Uuid.ONE_UUID,
                        config,
                        new ManualClock(Batches.NOW));
        opened.add(log);
        return log;
    }

    @AfterEach
    void close() {
        opened.forEach(PartitionLog::close);
    }

    /** A hundred mebibytes of zeros, in some kilobytes. */
    private static ByteBuffer bomb() {
        SimpleRecord zeros =
                new SimpleRecord(
                        Batches.NOW, "key".getBytes(StandardCharsets.UTF_8), new byte[100 << 20]);
        return Batches.of(ZSTD, zeros);
    }

    /** The header of a batch of one record before other, compressed, bytes. */
    private static ByteBuffer batchOf(ByteBuffer payload, int count) throws IOException {
        ByteBuffer header = Batches.of(ZSTD, Batches.record(Batches.NOW, "x"));
        ByteBufferOutputStream compressed = new ByteBufferOutputStream(64);
        try (OutputStream out = ZSTD.wrapForOutput(compressed, RecordBatch.CURRENT_MAGIC_VALUE)) {
            byte[] bytes = new byte[payload.position()];
            payload.get(0, bytes);
            out.write(bytes);
        }
        ByteBuffer content = compressed.buffer().flip();
        ByteBuffer batch = ByteBuffer.allocate(BatchHeader.BYTES + content.remaining());
        batch.put(header.slice(0, BatchHeader.BYTES)).put(content).flip();
        batch.putInt(8, batch.limit() - 12).putInt(23, count - 1).putInt(57, count);
        return batch.putInt(17, BatchHeader.computeCrc(batch, 0));
    }

    /** A record of some bytes that says it has two gibibytes. */
    private static ByteBuffer liar() throws IOException {
        ByteBuffer payload = ByteBuffer.allocate(16);
        ByteUtils.writeVarint(Integer.MAX_VALUE - 8, payload);
        return batchOf(payload.putInt(0), 1);
    }

    /** A batch of one record that says it has two milliards of them. */
    private static ByteBuffer crowd() throws IOException {
        ByteBuffer payload = ByteBuffer.allocate(16);
        ByteUtils.writeVarint(6, payload);
        payload.put((byte) 0); // attributes
        ByteUtils.writeVarlong(0, payload);
        ByteUtils.writeVarint(0, payload);
        ByteUtils.writeVarint(-1, payload);
        ByteUtils.writeVarint(-1, payload);
        ByteUtils.writeVarint(0, payload);
        return batchOf(payload, Integer.MAX_VALUE);
    }

    /** A batch of one record of some bytes that says it has a milliard headers. */
    private static ByteBuffer manyHeaders() throws IOException {
        ByteBuffer record = ByteBuffer.allocate(16);
        record.put((byte) 0); // attributes
        ByteUtils.writeVarlong(0, record);
        ByteUtils.writeVarint(0, record);
        ByteUtils.writeVarint(-1, record);
        ByteUtils.writeVarint(-1, record);
        ByteUtils.writeVarint(1_000_000_000, record);
        ByteBuffer payload = ByteBuffer.allocate(32);
        ByteUtils.writeVarint(record.position(), payload);
        return batchOf(payload.put(record.flip()), 1);
    }

    private static void isTooLarge(Append.Refused refused) {
        assertThat(refused.error()).isEqualTo(Errors.MESSAGE_TOO_LARGE);
    }

    @Test
    void aBatchThatBecomesTooLargeIsNotCompressedAnew() throws IOException {
        assertThat(open(IN_GZIP).recompress(bomb()))
                .isInstanceOfSatisfying(Recompressed.Refused.class, it -> isTooLarge(it.why()));
    }

    @Test
    void aRecordThatClaimsTooMuchIsRefusedAndTakesNoMemory() throws IOException {
        assertThat(open(IN_GZIP).recompress(liar()))
                .isInstanceOfSatisfying(Recompressed.Refused.class, it -> isTooLarge(it.why()));
    }

    @Test
    void headersThatAreClaimedTakeNoMemoryEither() throws IOException {
        assertThat(open(IN_GZIP).recompress(manyHeaders()))
                .isInstanceOfSatisfying(Recompressed.Refused.class, it -> isTooLarge(it.why()));
    }

    @Test
    void norInABatchThatIsNotCompressed() throws IOException {
        ByteBuffer batch = manyHeaders();
        ByteBuffer payload = ByteBuffer.allocate(32);
        try (InputStream in =
                ZSTD.wrapForInput(
                        batch.duplicate().position(BatchHeader.BYTES),
                        RecordBatch.CURRENT_MAGIC_VALUE,
                        BufferSupplier.NO_CACHING)) {
            payload.put(in.readAllBytes());
        }
        ByteBuffer plain =
                ByteBuffer.allocate(BatchHeader.BYTES + payload.position())
                        .put(batch.slice(0, BatchHeader.BYTES))
                        .put(payload.flip())
                        .flip();
        plain.putInt(8, plain.limit() - 12).putShort(21, (short) 0);
        plain.putInt(17, BatchHeader.computeCrc(plain, 0));

        assertThat(open(IN_GZIP).recompress(plain))
                .isInstanceOfSatisfying(Recompressed.Refused.class, it -> isTooLarge(it.why()));
    }

    @Test
    void aBatchWithFewerRecordsThanItSaysIsRefused() throws IOException {
        assertThat(open(IN_GZIP).recompress(crowd())).isInstanceOf(Recompressed.Refused.class);
    }

    @Test
    void aCompactedTopicTakesNoBatchThatBecomesTooLarge() throws IOException {
        assertThat(open(COMPACTED).appendAsLeader(bomb(), 0, Origin.CLIENT))
                .isInstanceOfSatisfying(Append.Refused.class, ClientRecordsTest::isTooLarge);
    }

    @Test
    void aBatchWithFewerRecordsThanItSaysCostsASearchByTimeNoMemory() throws IOException {
        PartitionLog log = open(PLAIN);
        log.appendAsLeader(crowd(), 0, Origin.CLIENT);

        assertThat(log.findByTimestamp(Batches.NOW).offset()).isZero();
        assertThat(log.findMaxTimestamp().offset()).isZero();
        // The first record lies below the start, and there is no second one.
        log.advanceLogStart(5);
        assertThatThrownBy(() -> log.findByTimestamp(Batches.NOW))
                .isInstanceOf(KafkaException.class);
    }

    @Test
    void aRecordThatClaimsTooMuchCostsTheLargestTimestampNoMemory() throws IOException {
        PartitionLog log = open(PLAIN);
        log.appendAsLeader(liar(), 0, Origin.CLIENT);

        assertThatThrownBy(log::findMaxTimestamp).isInstanceOf(KafkaException.class);
    }

    @Test
    void aRecordThatClaimsTooMuchEndsTheCompactionOfItsLogAndNoMore() throws IOException {
        ManualClock clock = new ManualClock(Batches.NOW);
        LogConfig small = PLAIN.with().segmentBytes(1024).build();
        try (LogDirectory directory = Directories.open(root.resolve("data"), small, clock)) {
            PartitionLog orders = Directories.orders(directory, small);
            orders.appendAsLeader(liar(), 0, Origin.CLIENT);
            for (int i = 0; i < 20; i++) {
                orders.appendAsLeader(Batches.of("x".repeat(200)), 0, Origin.CLIENT);
            }
            Directories.settle(directory, orders);
            orders.reconfigure(small.withCleanup(Cleanup.compact(0.01, Long.MAX_VALUE)));
            CompactionLook look =
                    new CompactionLook(
                            directory,
                            Directories.ALL_VISIBLE,
                            clock,
                            Directories.unlimited(clock, 1 << 12));

            look.run();

            assertThat(look.status(orders).lastError()).isPresent();
            assertThat(directory.isOnline()).isTrue();
        }
    }

    @Test
    void aBatchInsideTheBoundsIsCompressedAnew() throws IOException {
        SimpleRecord large = new SimpleRecord(Batches.NOW, null, new byte[8 << 20]);

        assertThat(open(IN_GZIP).recompress(Batches.of(ZSTD, large)))
                .isInstanceOf(Recompressed.Done.class);
    }
}
