package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * What a leader checks of batches before it writes them: everything that stands in the header, and
 * the checksum. Of the records, {@link RecordValidation}.
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
            Append.Refused refused = checkOne(batches, at, config);
            if (refused == null && origin == Origin.CLIENT) {
                refused = checkFromClient(batches, at);
            }
            if (refused == null && !BatchHeader.isControl(batches, at)) {
                refused = RecordValidation.check(batches, at, config, nowMillis);
            }
            if (refused != null) {
                return refused;
            }
        }
        return null;
    }

    private static Append.@Nullable Refused checkOne(ByteBuffer batches, int at, LogConfig config) {
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
        return null;
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

    static Append.Refused invalid(String why) {
        return new Append.Refused(Errors.INVALID_RECORD, why);
    }

    static Append.Refused corrupt(String why) {
        return new Append.Refused(Errors.CORRUPT_MESSAGE, why);
    }
}
