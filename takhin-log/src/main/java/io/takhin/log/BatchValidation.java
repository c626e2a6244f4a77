package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.nio.ByteBuffer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;

/**
 * What a leader checks of batches before it writes them. Everything that stands in the header, and
 * the checksum; records themselves only where a topic needs it, since they may be compressed.
 *
 * <p>Threads: any; keeps no state.
 */
final class BatchValidation {
    private static final int COMPRESSION_ID_MAX = 4;

    private BatchValidation() {}

    /** Null when all is well with the bytes from the buffer's position to its limit. */
    static Append.@Nullable Refused check(
            ByteBuffer batches, LogConfig config, Origin origin, long nowMillis) {
        if (!batches.hasRemaining()) {
            return invalid("there is no record batch");
        }
        int end = batches.limit();
        for (int at = batches.position(); at < end; at += BatchHeader.sizeInBytes(batches, at)) {
            Append.Refused refused = checkOne(batches, at, config, nowMillis);
            if (refused == null && origin == Origin.CLIENT) {
                refused = checkFromClient(batches, at);
            }
            if (refused == null && config.compacted() && !BatchHeader.isControl(batches, at)) {
                refused =
                        deep(
                                batches.slice(at, BatchHeader.sizeInBytes(batches, at)),
                                ClientRecords.Bounds.of(config));
            }
            if (refused != null) {
                return refused;
            }
        }
        return null;
    }

    private static Append.@Nullable Refused checkOne(
            ByteBuffer batches, int at, LogConfig config, long nowMillis) {
        int remaining = batches.limit() - at;
        if (remaining < BatchHeader.BYTES) {
            return corrupt("the batch is cut off");
        }
        if (BatchHeader.magic(batches, at) != BatchHeader.MAGIC) {
            return invalid("record batches must have magic 2");
        }
        int size = BatchHeader.sizeInBytes(batches, at);
        if (size < BatchHeader.BYTES || size > remaining) {
            return corrupt("the batch says it has " + size + " bytes of " + remaining);
        }
        if (size > config.messageBytesMax()) {
            return new Append.Refused(
                    Errors.MESSAGE_TOO_LARGE,
                    "the batch has " + size + " bytes, " + config.messageBytesMax() + " may be");
        }
        if (!BatchHeader.isCrcValid(batches, at)) {
            return corrupt("the checksum is wrong");
        }
        if (BatchHeader.lastOffsetDelta(batches, at) < 0) {
            return invalid("the batch has a negative offset range");
        }
        if (BatchHeader.compressionId(batches, at) > COMPRESSION_ID_MAX) {
            return invalid("unknown compression " + BatchHeader.compressionId(batches, at));
        }
        return checkTimestamps(batches, at, config, nowMillis);
    }

    private static Append.@Nullable Refused checkTimestamps(
            ByteBuffer batches, int at, LogConfig config, long nowMillis) {
        if (config.timestampType() != TimestampType.CREATE_TIME) {
            return null;
        }
        long newest = BatchHeader.maxTimestamp(batches, at);
        long first = BatchHeader.baseTimestamp(batches, at);
        boolean late =
                newest != BatchHeader.NO_TIMESTAMP
                        && newest - nowMillis > config.timestampAfterMaxMillis();
        boolean early =
                first != BatchHeader.NO_TIMESTAMP
                        && nowMillis - first > config.timestampBeforeMaxMillis();
        return late || early
                ? new Append.Refused(
                        Errors.INVALID_TIMESTAMP,
                        "timestamps " + first + " to " + newest + " are too far from " + nowMillis)
                : null;
    }

    private static Append.@Nullable Refused checkFromClient(ByteBuffer batches, int at) {
        if (at != batches.position()) {
            return invalid("a producer may send one batch at a time for a partition");
        }
        if (BatchHeader.baseOffset(batches, at) != 0) {
            return invalid("the base offset must be 0");
        }
        int count = BatchHeader.recordCount(batches, at);
        if (count <= 0 || count - 1 != BatchHeader.lastOffsetDelta(batches, at)) {
            return invalid("the offset range does not fit the count of " + count + " records");
        }
        if (BatchHeader.isControl(batches, at)) {
            return invalid("clients may not write control records");
        }
        if (BatchHeader.hasProducerId(batches, at) && BatchHeader.baseSequence(batches, at) < 0) {
            return invalid("the sequence number is negative");
        }
        if (BatchHeader.timestampType(batches, at) == TimestampType.LOG_APPEND_TIME) {
            return new Append.Refused(
                    Errors.INVALID_TIMESTAMP, "producers may not set the log append time");
        }
        return null;
    }

    /** Gives all records the broker's time. */
    static void stamp(ByteBuffer batches, long nowMillis) {
        int end = batches.limit();
        for (int at = batches.position(); at < end; at += BatchHeader.sizeInBytes(batches, at)) {
            BatchHeader.setLogAppendTime(batches, at, nowMillis);
        }
    }

    /**
     * Looks at every record of a batch, decompressing it: a compacted topic can keep only records
     * with a key.
     */
    static Append.@Nullable Refused deep(ByteBuffer batch, ClientRecords.Bounds bounds) {
        MutableRecordBatch records =
                MemoryRecords.readableRecords(batch).batches().iterator().next();
        try (CloseableIterator<Record> each =
                ClientRecords.withoutContent((DefaultRecordBatch) records, bounds)) {
            while (each.hasNext()) {
                if (!each.next().hasKey()) {
                    return invalid("a compacted topic takes no record without a key");
                }
            }
            return null;
        } catch (RecordTooLargeException e) {
            return new Append.Refused(Errors.MESSAGE_TOO_LARGE, String.valueOf(e.getMessage()));
        } catch (InvalidRecordException e) {
            return invalid(String.valueOf(e.getMessage()));
        } catch (KafkaException e) {
            return corrupt("the records cannot be decompressed: " + e.getMessage());
        }
    }

    private static Append.Refused invalid(String why) {
        return new Append.Refused(Errors.INVALID_RECORD, why);
    }

    private static Append.Refused corrupt(String why) {
        return new Append.Refused(Errors.CORRUPT_MESSAGE, why);
    }
}
