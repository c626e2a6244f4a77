package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.nio.ByteBuffer;
import org.apache.kafka.common.InvalidRecordException;

/**
 * Goes from record to record of an uncompressed batch and reads of each its length and its time
 * (KIP-98: both are variable-length numbers): a few nanoseconds a record.
 *
 * <p>Threads: one.
 */
final class RecordWalk {
    private static final int VALUE_BITS = 7;

    private final ByteBuffer buffer;
    private final int end;
    private int at;

    private RecordWalk(ByteBuffer buffer, int from, int end) {
        this.buffer = buffer;
        this.at = from;
        this.end = end;
    }

    /**
     * The times in the batch at an index, which is whole.
     *
     * @throws InvalidRecordException where its bytes are not as many records as it says
     */
    static RecordTimes times(ByteBuffer buffer, int batch) {
        int end = batch + BatchHeader.sizeInBytes(buffer, batch);
        RecordWalk walk = new RecordWalk(buffer, batch + BatchHeader.BYTES, end);
        RecordTimes times = new RecordTimes();
        long base = BatchHeader.baseTimestamp(buffer, batch);
        for (int left = BatchHeader.recordCount(buffer, batch); left > 0; left--) {
            times.add(base + walk.nextDelta());
        }
        if (walk.at != end) {
            throw new InvalidRecordException("there are more bytes than records");
        }
        return times;
    }

    /** Of one record's time to the batch's; goes to the record behind it. */
    private long nextDelta() {
        long length = number();
        int from = at;
        if (length <= 0 || length > end - from) {
            throw new InvalidRecordException("a record claims to have " + length + " bytes");
        }
        at++; // attributes
        long delta = number();
        if (at - from > length) {
            throw new InvalidRecordException("the batch ends within a record");
        }
        at = from + (int) length;
        return delta;
    }

    private long number() {
        long raw = 0;
        for (int shift = 0; shift < Long.SIZE && at < end; shift += VALUE_BITS) {
            byte next = buffer.get(at++);
            raw |= (long) (next & Byte.MAX_VALUE) << shift;
            if (next >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new InvalidRecordException("the batch ends within a record");
    }
}
