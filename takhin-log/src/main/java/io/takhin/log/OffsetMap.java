package io.takhin.log;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The last offset of every key of a log's dirty section. Keys are known by 128 bits of their
 * SHA-256; two that shared them would be taken for one, and nobody has ever found such a pair.
 *
 * <p>Open addressing with linear probing in memory outside of the heap, which is given back when
 * the map is closed: a broker that compacts nothing has none of it.
 *
 * <p>Threads: one.
 */
final class OffsetMap implements AutoCloseable {
    /** Two words of hash, and the offset plus one: zero is an empty slot. */
    static final int SLOT_BYTES = 24;

    /** Fuller than this, and probing takes long. */
    private static final double LOAD_MAX = 0.8;

    private static final int DIGEST_BYTES = 32;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment table;
    private final long slots;
    private final long entriesMax;
    private final MessageDigest digest;
    private final byte[] hashBytes = new byte[DIGEST_BYTES];
    private final ByteBuffer hash = ByteBuffer.wrap(hashBytes);
    private long entries;
    private long latestOffset = -1;

    private OffsetMap(long slots) {
        this.slots = slots;
        this.entriesMax = (long) (slots * LOAD_MAX);
        this.table = arena.allocate(slots * SLOT_BYTES, Long.BYTES);
        try {
            this.digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * A map with room for so many keys, or for as many as the memory allows.
     *
     * @param bytesMax at least a few hundred
     */
    static OffsetMap of(long keys, long bytesMax) {
        long wanted = (long) (keys / LOAD_MAX) + 2;
        return new OffsetMap(Math.max(2, Math.min(wanted, bytesMax / SLOT_BYTES)));
    }

    long sizeInBytes() {
        return slots * SLOT_BYTES;
    }

    long entries() {
        return entries;
    }

    /**
     * Notes that a key has a record at an offset, which is larger than all before.
     *
     * @return false when there is no room for one more key
     */
    boolean put(ByteBuffer key, long offset) {
        long slot = find(key);
        if (offsetAt(slot) < 0) {
            if (entries >= entriesMax) {
                return false;
            }
            entries++;
            set(slot, 0, hash.getLong(0));
            set(slot, 1, hash.getLong(Long.BYTES));
        }
        set(slot, 2, offset + 1);
        return true;
    }

    /** -1 where the key is not known. */
    long get(ByteBuffer key) {
        return offsetAt(find(key));
    }

    /** Every record up to this offset is accounted for; -1 when none is. */
    long latestOffset() {
        return latestOffset;
    }

    void completeUpTo(long offset) {
        latestOffset = Math.max(latestOffset, offset);
    }

    /** The slot that holds the key, or the empty one where it belongs. Leaves the hash behind. */
    private long find(ByteBuffer key) {
        digest(key);
        long high = hash.getLong(0);
        long low = hash.getLong(Long.BYTES);
        long slot = Long.remainderUnsigned(high, slots);
        while (offsetAt(slot) >= 0 && (word(slot, 0) != high || word(slot, 1) != low)) {
            slot = slot + 1 == slots ? 0 : slot + 1;
        }
        return slot;
    }

    private void digest(ByteBuffer key) {
        try {
            digest.update(key.duplicate());
            digest.digest(hashBytes, 0, DIGEST_BYTES);
        } catch (DigestException e) {
            throw new IllegalStateException("the digest does not fit", e);
        }
    }

    private long offsetAt(long slot) {
        return word(slot, 2) - 1;
    }

    private long word(long slot, int index) {
        return table.getAtIndex(ValueLayout.JAVA_LONG, slot * 3 + index);
    }

    private void set(long slot, int index, long value) {
        table.setAtIndex(ValueLayout.JAVA_LONG, slot * 3 + index, value);
    }

    @Override
    public void close() {
        arena.close();
    }
}
