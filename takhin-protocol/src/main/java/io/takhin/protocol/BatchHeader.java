package io.takhin.protocol;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.record.TimestampType;

/**
 * The fixed fields of a record batch, format v2 (KIP-98), read and written in place: every method
 * takes the buffer and the index at which the batch begins. Nothing behind the header is looked at,
 * except for the checksum.
 *
 * <p>The checksum covers everything from the attributes on; base offset, length and leader epoch
 * lie before it and can be set without touching it.
 *
 * <p>Threads: the methods keep no state, but {@link #computeCrc} moves the buffer's position and
 * limit while it runs: a buffer belongs to one thread at a time.
 */
public final class BatchHeader {
    /** Bytes of the header, before the first record. */
    public static final int BYTES = 61;

    /** The only format this program writes. */
    public static final byte MAGIC = 2;

    public static final long NO_PRODUCER_ID = -1;
    public static final long NO_TIMESTAMP = -1;
    public static final int NO_SEQUENCE = -1;

    /** Base offset and length: the bytes that the length field does not count. */
    public static final int LENGTH_OVERHEAD = 12;

    /** From here on the checksum covers a batch; what lies before may change on its way. */
    public static final int CHECKSUM_FROM = 21;

    private static final int LENGTH = 8;
    private static final int LEADER_EPOCH = 12;
    private static final int MAGIC_AT = 16;
    private static final int CRC = 17;
    private static final int ATTRIBUTES = CHECKSUM_FROM;
    private static final int LAST_OFFSET_DELTA = 23;
    private static final int BASE_TIMESTAMP = 27;
    private static final int MAX_TIMESTAMP = 35;
    private static final int PRODUCER_ID = 43;
    private static final int PRODUCER_EPOCH = 51;
    private static final int BASE_SEQUENCE = 53;
    private static final int RECORD_COUNT = 57;

    private static final int COMPRESSION_MASK = 0x07;
    private static final int LOG_APPEND_TIME_MASK = 0x08;
    private static final int TRANSACTIONAL_MASK = 0x10;
    private static final int CONTROL_MASK = 0x20;

    private BatchHeader() {}

    public static long baseOffset(ByteBuffer buffer, int at) {
        return buffer.getLong(at);
    }

    /**
     * Bytes of the whole batch, header included. Not checked: a damaged batch may name anything,
     * negative numbers too.
     */
    public static int sizeInBytes(ByteBuffer buffer, int at) {
        return buffer.getInt(at + LENGTH) + LENGTH_OVERHEAD;
    }

    public static int leaderEpoch(ByteBuffer buffer, int at) {
        return buffer.getInt(at + LEADER_EPOCH);
    }

    public static byte magic(ByteBuffer buffer, int at) {
        return buffer.get(at + MAGIC_AT);
    }

    public static int lastOffsetDelta(ByteBuffer buffer, int at) {
        return buffer.getInt(at + LAST_OFFSET_DELTA);
    }

    public static long lastOffset(ByteBuffer buffer, int at) {
        return baseOffset(buffer, at) + lastOffsetDelta(buffer, at);
    }

    /** Of the first record; the others are stored relative to it. */
    public static long baseTimestamp(ByteBuffer buffer, int at) {
        return buffer.getLong(at + BASE_TIMESTAMP);
    }

    public static long maxTimestamp(ByteBuffer buffer, int at) {
        return buffer.getLong(at + MAX_TIMESTAMP);
    }

    public static TimestampType timestampType(ByteBuffer buffer, int at) {
        return (attributes(buffer, at) & LOG_APPEND_TIME_MASK) == 0
                ? TimestampType.CREATE_TIME
                : TimestampType.LOG_APPEND_TIME;
    }

    /** As in {@code CompressionType.id}; not checked. */
    public static int compressionId(ByteBuffer buffer, int at) {
        return attributes(buffer, at) & COMPRESSION_MASK;
    }

    public static boolean isTransactional(ByteBuffer buffer, int at) {
        return (attributes(buffer, at) & TRANSACTIONAL_MASK) != 0;
    }

    public static boolean isControl(ByteBuffer buffer, int at) {
        return (attributes(buffer, at) & CONTROL_MASK) != 0;
    }

    public static long producerId(ByteBuffer buffer, int at) {
        return buffer.getLong(at + PRODUCER_ID);
    }

    public static boolean hasProducerId(ByteBuffer buffer, int at) {
        return producerId(buffer, at) > NO_PRODUCER_ID;
    }

    public static short producerEpoch(ByteBuffer buffer, int at) {
        return buffer.getShort(at + PRODUCER_EPOCH);
    }

    public static int baseSequence(ByteBuffer buffer, int at) {
        return buffer.getInt(at + BASE_SEQUENCE);
    }

    /** Sequences wrap around to 0 after {@code Integer.MAX_VALUE}. */
    public static int lastSequence(ByteBuffer buffer, int at) {
        int base = baseSequence(buffer, at);
        return base == NO_SEQUENCE
                ? NO_SEQUENCE
                : (base + lastOffsetDelta(buffer, at)) & Integer.MAX_VALUE;
    }

    public static int recordCount(ByteBuffer buffer, int at) {
        return buffer.getInt(at + RECORD_COUNT);
    }

    /** Shifts the batch's records to new offsets; the checksum stays right. */
    public static void setBaseOffset(ByteBuffer buffer, int at, long offset) {
        buffer.putLong(at, offset);
    }

    /** The checksum stays right. */
    public static void setLeaderEpoch(ByteBuffer buffer, int at, int epoch) {
        buffer.putInt(at + LEADER_EPOCH, epoch);
    }

    /** Gives all records of the batch the broker's time, and the batch its new checksum. */
    public static void setLogAppendTime(ByteBuffer buffer, int at, long millis) {
        short attributes = (short) (attributes(buffer, at) | LOG_APPEND_TIME_MASK);
        buffer.putShort(at + ATTRIBUTES, attributes);
        buffer.putLong(at + MAX_TIMESTAMP, millis);
        buffer.putInt(at + CRC, computeCrc(buffer, at));
    }

    /** Corrects the largest time of the batch's records, and its checksum. */
    public static void setMaxTimestamp(ByteBuffer buffer, int at, long millis) {
        buffer.putLong(at + MAX_TIMESTAMP, millis);
        buffer.putInt(at + CRC, computeCrc(buffer, at));
    }

    public static int storedCrc(ByteBuffer buffer, int at) {
        return buffer.getInt(at + CRC);
    }

    /** The batch must lie wholly inside the buffer's limit. */
    public static boolean isCrcValid(ByteBuffer buffer, int at) {
        return storedCrc(buffer, at) == computeCrc(buffer, at);
    }

    /** CRC32C over what the batch's own checksum covers. */
    public static int computeCrc(ByteBuffer buffer, int at) {
        CRC32C crc = new CRC32C();
        int length = sizeInBytes(buffer, at) - ATTRIBUTES;
        if (buffer.hasArray()) {
            crc.update(buffer.array(), buffer.arrayOffset() + at + ATTRIBUTES, length);
        } else {
            updateFromDirect(crc, buffer, at + ATTRIBUTES, length);
        }
        return (int) crc.getValue();
    }

    private static void updateFromDirect(CRC32C crc, ByteBuffer buffer, int from, int length) {
        int position = buffer.position();
        int limit = buffer.limit();
        buffer.limit(from + length).position(from);
        crc.update(buffer);
        buffer.limit(limit).position(position);
    }

    private static int attributes(ByteBuffer buffer, int at) {
        return buffer.getShort(at + ATTRIBUTES);
    }
}
