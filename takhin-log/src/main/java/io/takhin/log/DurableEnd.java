package io.takhin.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An end of a log, as {@link DurableMark} keeps it: 32 bytes, the last four a checksum of the
 * others.
 *
 * @param segment base offset of the segment that it lies in
 * @param position behind the last batch, in the segment's file
 * @param offset of the next record
 * @param epoch of the last batch
 */
record DurableEnd(long segment, int position, long offset, int epoch) {
    private static final int BYTES = 32;
    private static final int MAGIC = 0x744d4b31;

    /** Between position and limit. */
    ByteBuffer encoded() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES);
        bytes.putInt(MAGIC).putLong(segment).putInt(position).putLong(offset).putInt(epoch);
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().flip());
        return bytes.putInt((int) crc.getValue()).flip();
    }

    /** Null where the bytes, from the position on, are not what was encoded. */
    static @Nullable DurableEnd decode(ByteBuffer bytes) {
        if (bytes.remaining() < BYTES) {
            return null;
        }
        ByteBuffer stored = bytes.slice(bytes.position(), BYTES);
        DurableEnd end =
                new DurableEnd(
                        stored.getLong(4),
                        stored.getInt(12),
                        stored.getLong(16),
                        stored.getInt(24));
        return end.encoded().equals(stored) ? end : null;
    }
}
