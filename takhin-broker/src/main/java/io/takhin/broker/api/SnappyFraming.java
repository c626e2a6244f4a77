package io.takhin.broker.api;

import java.nio.ByteBuffer;

/**
 * Looks at what compressed frames say of themselves before anybody believes it. The library that
 * reads snappy takes the memory that a frame asks for, up to 2 GiB for a few bytes; whoever has to
 * look into such a batch later, broker or consumer, would not survive it.
 *
 * <p>Kafka's clients write the frames of snappy-java ({@code SnappyOutputStream}: 16 bytes, then
 * each frame behind its length); others write one block of snappy without any. A block begins with
 * the length of what is in it (google/snappy, format_description.txt).
 */
final class SnappyFraming {
    /** 0x82 "SNAPPY" 0x00. */
    private static final long MAGIC = 0x82534e4150505900L;

    private static final int MAGIC_HEAD = (int) (MAGIC >>> Integer.SIZE);
    private static final int HEADER_BYTES = 16;

    /** Three bytes stand for 64 at most. */
    private static final long GROWTH_MAX = 22;

    private SnappyFraming() {}

    /** Whether all frames in the buffer, from its position on, are whole and of possible size. */
    static boolean isHonest(ByteBuffer payload) {
        int at = payload.position();
        int end = payload.limit();
        if (end - at < HEADER_BYTES || payload.getLong(at) != MAGIC) {
            return isBlock(payload, at, end);
        }
        at += HEADER_BYTES;
        while (at < end) {
            if (end - at < Integer.BYTES) {
                return false;
            }
            int length = payload.getInt(at);
            if (length == MAGIC_HEAD) {
                // Streams may follow one another.
                at += HEADER_BYTES;
                continue;
            }
            at += Integer.BYTES;
            if (length < 0 || length > end - at || !isBlock(payload, at, at + length)) {
                return false;
            }
            at += length;
        }
        return at == end;
    }

    private static boolean isBlock(ByteBuffer payload, int from, int end) {
        long promised = 0;
        int at = from;
        for (int shift = 0; shift < Integer.SIZE; shift += 7) {
            if (at == end) {
                return false;
            }
            byte bits = payload.get(at++);
            promised |= (bits & 0x7fL) << shift;
            if (bits >= 0) {
                return promised <= GROWTH_MAX * (end - from);
            }
        }
        return false;
    }
}
