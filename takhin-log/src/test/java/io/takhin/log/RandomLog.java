package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.protocol.BatchHeader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;

/**
 * Writes what a compacted topic may hold: few keys again and again, marks of deleted ones, records
 * without a key from before, all codecs, plain, idempotent and transactional producers.
 */
final class RandomLog {
    private static final int KEYS = 25;
    private static final int IDEMPOTENT = 10;
    private static final int TRANSACTIONAL = 20;
    private static final int PRODUCERS_EACH = 3;
    private static final CompressionType[] CODECS = CompressionType.values();

    private final RandomGenerator random;
    private final Map<Long, Integer> sequences = new HashMap<>();
    private final Set<Long> open = new HashSet<>();
    private int leaderEpoch;

    RandomLog(RandomGenerator random) {
        this.random = random;
    }

    void append(PartitionLog log, int batches) {
        for (int i = 0; i < batches; i++) {
            int dice = random.nextInt(10);
            if (dice < 3) {
                write(log, batch(-1, -1, false), Origin.CLIENT);
            } else if (dice < 5) {
                fromProducer(log, IDEMPOTENT + random.nextInt(PRODUCERS_EACH), false);
            } else if (dice < 8) {
                fromProducer(log, TRANSACTIONAL + random.nextInt(PRODUCERS_EACH), true);
            } else if (!open.isEmpty()) {
                end(log, open.iterator().next());
            }
            leaderEpoch += random.nextInt(20) == 0 ? 1 : 0;
        }
    }

    /** So that all of the log is decided. */
    void endTransactions(PartitionLog log) {
        for (long id : Set.copyOf(open)) {
            end(log, id);
        }
    }

    private void end(PartitionLog log, long id) {
        ControlRecordType type =
                random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        write(log, Batches.marker(id, 1, type, 3), Origin.COORDINATOR);
        open.remove(id);
    }

    private void fromProducer(PartitionLog log, long id, boolean transactional) {
        int sequence = sequences.getOrDefault(id, 0);
        ByteBuffer batch = batch(id, sequence, transactional);
        int records = BatchHeader.recordCount(batch, 0);
        write(log, batch, Origin.CLIENT);
        sequences.put(id, sequence + records);
        if (transactional) {
            open.add(id);
        }
    }

    private void write(PartitionLog log, ByteBuffer batch, Origin origin) {
        assertThat(log.appendAsLeader(batch, leaderEpoch, origin)).isInstanceOf(Append.Done.class);
    }

    private ByteBuffer batch(long producerId, int sequence, boolean transactional) {
        Compression codec = Compression.of(CODECS[random.nextInt(CODECS.length)]).build();
        try (MemoryRecordsBuilder builder = builder(codec, producerId, sequence, transactional)) {
            int records = 1 + random.nextInt(5);
            for (int i = 0; i < records; i++) {
                builder.append(Batches.NOW - random.nextInt(100_000), key(), value(), headers());
            }
            return builder.build().buffer();
        }
    }

    private static MemoryRecordsBuilder builder(
            Compression codec, long producerId, int sequence, boolean transactional) {
        return MemoryRecords.builder(
                ByteBuffer.allocate(1 << 14),
                RecordBatch.CURRENT_MAGIC_VALUE,
                codec,
                TimestampType.CREATE_TIME,
                0L,
                Batches.NOW,
                producerId,
                (short) (producerId < 0 ? -1 : 1),
                sequence,
                transactional,
                RecordBatch.NO_PARTITION_LEADER_EPOCH);
    }

    private byte @Nullable [] key() {
        return random.nextInt(30) == 0 ? null : bytes("key-" + random.nextInt(KEYS));
    }

    private byte @Nullable [] value() {
        return random.nextInt(4) == 0
                ? null
                : bytes("value-" + random.nextLong() + "-".repeat(random.nextInt(60)));
    }

    private Header[] headers() {
        return random.nextInt(5) == 0
                ? new Header[] {new RecordHeader("h" + random.nextInt(3), bytes("x"))}
                : new Header[0];
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
