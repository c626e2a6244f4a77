package io.takhin.log.index;

import io.takhin.log.file.SharedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the place of an offset in a segment. One entry per some KiB of data: the last offset of a
 * batch, relative to the segment's base offset, and the position at which that batch begins.
 *
 * <p>File: Kafka's {@code .index}, entries of 8 bytes, big endian.
 *
 * <p>Threads: as {@link IndexFile}.
 */
public final class OffsetIndex {
    public static final int ENTRY_BYTES = 8;

    private final IndexFile entries;
    private final long baseOffset;

    OffsetIndex(SharedFile file, long baseOffset) {
        this.entries = new IndexFile(file, ENTRY_BYTES);
        this.baseOffset = baseOffset;
    }

    public IndexFile entries() {
        return entries;
    }

    boolean isFull(int bytesMax) throws IOException {
        return entries.count() >= bytesMax / ENTRY_BYTES;
    }

    public void append(long offset, int position) throws IOException {
        ByteBuffer entry = ByteBuffer.allocate(ENTRY_BYTES);
        entries.append(entry.putInt(0, (int) (offset - baseOffset)).putInt(4, position));
    }

    /** The nearest entry that is not above the offset; the segment's begin where there is none. */
    public OffsetPosition floor(long offset) throws IOException {
        int index = entries.floor(ByteBuffer::getInt, offset - baseOffset);
        return index < 0 ? new OffsetPosition(baseOffset, 0) : at(index);
    }

    public OffsetPosition last() throws IOException {
        int count = entries.count();
        return count == 0 ? new OffsetPosition(baseOffset, 0) : at(count - 1);
    }

    OffsetPosition at(int index) throws IOException {
        ByteBuffer found = entries.entry(index);
        return new OffsetPosition(baseOffset + found.getInt(0), found.getInt(4));
    }

    /** The first entry that is not before the position; null where there is none. */
    public @Nullable OffsetPosition ceiling(int position) throws IOException {
        int index = entries.floor((block, at) -> block.getInt(at + 4), position - 1L) + 1;
        return index < entries.count() ? at(index) : null;
    }

    /** Whether entries rise as they must; a crash may leave any bytes in a file. */
    public boolean isSound() throws IOException {
        ByteBuffer all = entries.all();
        long offset = -1;
        int position = 0;
        for (int at = 0; at < all.capacity(); at += ENTRY_BYTES) {
            if (all.getInt(at) <= offset || all.getInt(at + 4) <= position) {
                return false;
            }
            offset = all.getInt(at);
            position = all.getInt(at + 4);
        }
        return true;
    }

    /** Forgets entries for the offset and all after it. */
    void truncateTo(long offset) throws IOException {
        entries.truncateTo(entries.floor(ByteBuffer::getInt, offset - baseOffset - 1) + 1);
    }
}
