package io.takhin.log;

import io.takhin.base.Clock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Record batches as Kafka's own classes make them, and what a test wants to know of a read. */
final class Batches {
    static final long NOW = 1_700_000_000_000L;

    /** Runs like any clock, from the time that records carry here. */
    static final Clock CLOCK =
            new Clock() {
                @Override
                public long wallMillis() {
                    return Batches.NOW;
                }

                @Override
                public long nanos() {
                    return System.nanoTime();
                }
            };

    private Batches() {}

    static LogConfig config() {
        return LogConfig.builder()
                .segmentBytes(1 << 20)
                .messageBytesMax(1 << 20)
                .timestampAfterMaxMillis(Duration.ofHours(1).toMillis())
                .flushAge(Duration.ofSeconds(1))
                .build();
    }

    static LogConfig config(long segmentBytes, int indexIntervalBytes) {
        LogConfig base = config();
        return base.with()
                .segmentBytes(segmentBytes)
                .indexIntervalBytes(indexIntervalBytes)
                .build();
    }

    static LogConfig anyTimestamp(LogConfig base) {
        return base.with()
                .timestampBeforeMaxMillis(Long.MAX_VALUE)
                .timestampAfterMaxMillis(Long.MAX_VALUE)
                .build();
    }

    static SimpleRecord record(long timestamp, String value) {
        return new SimpleRecord(timestamp, null, value.getBytes(StandardCharsets.UTF_8));
    }

    /** One batch of records with these values, as a producer sends it. */
    static ByteBuffer of(String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = record(NOW, values[i]);
        }
        return MemoryRecords.withRecords(Compression.NONE, records).buffer();
    }

    static ByteBuffer of(Compression compression, SimpleRecord... records) {
        return MemoryRecords.withRecords(compression, records).buffer();
    }

    /** A batch as a leader has it. */
    static ByteBuffer replicated(long baseOffset, int leaderEpoch, String... values) {
        ByteBuffer batch = of(values);
        io.takhin.protocol.BatchHeader.setBaseOffset(batch, 0, baseOffset);
        io.takhin.protocol.BatchHeader.setLeaderEpoch(batch, 0, leaderEpoch);
        return batch;
    }

    static ByteBuffer idempotent(long producerId, int epoch, int sequence, String... values) {
        return from(producerId, epoch, sequence, false, values);
    }

    static ByteBuffer transactional(long producerId, int epoch, int sequence, String... values) {
        return from(producerId, epoch, sequence, true, values);
    }

    private static ByteBuffer from(
            long producerId, int epoch, int sequence, boolean transactional, String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = record(timeOf(values[i]), values[i]);
        }
        return from(Compression.NONE, producerId, epoch, sequence, transactional, records);
    }

    static ByteBuffer from(
            Compression codec,
            long producerId,
            int epoch,
            int sequence,
            boolean transactional,
            SimpleRecord... records) {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        try (MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        buffer,
                        RecordBatch.CURRENT_MAGIC_VALUE,
                        codec,
                        TimestampType.CREATE_TIME,
                        0L,
                        NOW,
                        producerId,
                        (short) epoch,
                        sequence,
                        transactional,
                        RecordBatch.NO_PARTITION_LEADER_EPOCH)) {
            for (SimpleRecord record : records) {
                builder.append(record);
            }
            return builder.build().buffer();
        }
    }

    /** The last minute, in no order that offsets have. */
    private static long timeOf(String value) {
        return NOW - Math.floorMod(value.hashCode() * 31, 60_000);
    }

    static ByteBuffer marker(
            long producerId, int epoch, ControlRecordType type, int coordinatorEpoch) {
        return marker(NOW, producerId, epoch, type, coordinatorEpoch);
    }

    static ByteBuffer marker(
            long timestamp,
            long producerId,
            int epoch,
            ControlRecordType type,
            int coordinatorEpoch) {
        return MemoryRecords.withEndTransactionMarker(
                        timestamp,
                        producerId,
                        (short) epoch,
                        new EndTransactionMarker(type, coordinatorEpoch))
                .buffer();
    }

    /** All that a read found, as Kafka's classes see it; releases it. */
    static MemoryRecords recordsOf(LogRead read) throws IOException {
        if (!(read instanceof LogRead.Found found)) {
            return MemoryRecords.EMPTY;
        }
        ByteBuffer bytes = ByteBuffer.allocate(found.records().sizeInBytes());
        found.records().copyTo(bytes, 0);
        found.records().release();
        return MemoryRecords.readableRecords(bytes.flip());
    }

    /** "offset=value" of every record that a read found. */
    static List<String> valuesOf(LogRead read) throws IOException {
        List<String> values = new ArrayList<>();
        recordsOf(read).records().forEach(record -> values.add(shown(record)));
        return values;
    }

    static String shown(Record record) {
        return record.offset() + "=" + StandardCharsets.UTF_8.decode(record.value());
    }

    /** All batches of a log. */
    static List<RecordBatch> batchesOf(PartitionLog log) throws IOException {
        List<RecordBatch> batches = new ArrayList<>();
        long offset = log.logStartOffset();
        while (offset < log.logEndOffset()) {
            long next = offset;
            MemoryRecords read = recordsOf(log.read(offset, 1 << 20, true, log.logEndOffset()));
            for (RecordBatch batch : read.batches()) {
                batches.add(batch);
                next = batch.nextOffset();
            }
            if (next == offset) {
                // Compaction left nothing up to the end.
                break;
            }
            offset = next;
        }
        return batches;
    }

    /** Where the batches of a log begin. */
    static List<Long> bases(PartitionLog log) throws IOException {
        return bases(log, log.logStartOffset());
    }

    static List<Long> bases(PartitionLog log, long from) throws IOException {
        List<Long> bases = new ArrayList<>();
        long offset = from;
        while (offset < log.logEndOffset()) {
            MemoryRecords records = recordsOf(log.read(offset, 1 << 20, true, log.logEndOffset()));
            for (RecordBatch batch : records.batches()) {
                bases.add(batch.baseOffset());
                offset = batch.nextOffset();
            }
        }
        return bases;
    }

    static List<String> all(PartitionLog log) throws IOException {
        List<String> values = new ArrayList<>();
        long offset = log.logStartOffset();
        while (offset < log.logEndOffset()) {
            MemoryRecords records = recordsOf(log.read(offset, 1 << 20, true, log.logEndOffset()));
            long next = offset;
            for (RecordBatch batch : records.batches()) {
                batch.forEach(record -> values.add(shown(record)));
                next = batch.nextOffset();
            }
            if (next == offset) {
                break;
            }
            offset = next;
        }
        return values;
    }
}
