package io.takhin.log.index;

import io.takhin.log.file.SharedFile;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Finds records by time. An entry says: up to this offset (relative to the segment's base offset)
 * no timestamp was larger than this one. Timestamps rise from entry to entry.
 *
 * <p>File: Kafka's {@code .timeindex} (KIP-33), entries of 12 bytes, big endian.
 *
 * <p>Threads: as {@link IndexFile}.
 */
public final class TimeIndex {
    private static final AtomicReferenceFieldUpdater<TimeIndex, @Nullable TimestampOffset> LAST =
            AtomicReferenceFieldUpdater.newUpdater(TimeIndex.class, TimestampOffset.class, "last");

    public static final int ENTRY_BYTES = 12;
    private static final int OFFSET_AT = 8;

    private final IndexFile entries;
    private final long baseOffset;

    /** Null until somebody asks. */
    private volatile @Nullable TimestampOffset last;

    /** A timestamp and the offset to which it belongs. */
    public record TimestampOffset(long timestamp, long offset) {}

    TimeIndex(SharedFile file, long baseOffset) {
        this.entries = new IndexFile(file, ENTRY_BYTES);
        this.baseOffset = baseOffset;
    }

    public IndexFile entries() {
        return entries;
    }

    /** One entry is kept free for the one that closes a segment. */
    boolean isFull(int bytesMax) throws IOException {
        return entries.count() >= bytesMax / ENTRY_BYTES - 1;
    }

    /** Does nothing when the timestamp is not larger than the last one. */
    public void append(long timestamp, long offset) throws IOException {
        if (timestamp > last().timestamp()) {
            ByteBuffer entry = ByteBuffer.allocate(ENTRY_BYTES);
            entries.append(
                    entry.putLong(0, timestamp).putInt(OFFSET_AT, (int) (offset - baseOffset)));
            last = new TimestampOffset(timestamp, offset);
        }
    }

    public TimestampOffset last() throws IOException {
        TimestampOffset known = last;
        return known == null ? load() : known;
    }

    private TimestampOffset load() throws IOException {
        TimestampOffset loaded = readLast();
        // Never over what the owner has made of it meanwhile.
        LAST.compareAndSet(this, null, loaded);
        TimestampOffset now = last;
        return now == null ? loaded : now;
    }

    private TimestampOffset readLast() throws IOException {
        int count = entries.count();
        return count == 0 ? none() : at(count - 1);
    }

    /** The last two entries that are not later than the timestamp, or as many as there are. */
    public List<TimestampOffset> floor(long timestamp) throws IOException {
        ByteBuffer found = entries.floorEntries(ByteBuffer::getLong, timestamp, 2);
        return switch (found.capacity() / ENTRY_BYTES) {
            case 0 -> List.of();
            case 1 -> List.of(parse(found, 0));
            default -> List.of(parse(found, 0), parse(found, ENTRY_BYTES));
        };
    }

    TimestampOffset at(int index) throws IOException {
        return parse(entries.entry(index), 0);
    }

    private TimestampOffset parse(ByteBuffer block, int at) {
        return new TimestampOffset(block.getLong(at), baseOffset + block.getInt(at + OFFSET_AT));
    }

    /** Puts entries that were made from the batches in the place of all others. */
    public void replace(List<TimestampOffset> rising) throws IOException {
        ByteBuffer all = ByteBuffer.allocate(rising.size() * ENTRY_BYTES);
        for (TimestampOffset each : rising) {
            all.putLong(each.timestamp()).putInt((int) (each.offset() - baseOffset));
        }
        entries.replace(all.flip());
        last = readLast();
    }

    /** Whether entries rise as they must; a crash may leave any bytes in a file. */
    public boolean isSound() throws IOException {
        ByteBuffer all = entries.all();
        long timestamp = BatchHeader.NO_TIMESTAMP;
        int offset = 0;
        for (int at = 0; at < all.capacity(); at += ENTRY_BYTES) {
            if (all.getLong(at) <= timestamp || all.getInt(at + OFFSET_AT) < offset) {
                return false;
            }
            timestamp = all.getLong(at);
            offset = all.getInt(at + OFFSET_AT);
        }
        return true;
    }

    /** Forgets entries for the offset and all after it. */
    void truncateTo(long offset) throws IOException {
        IndexFile.Key byOffset = (block, at) -> block.getInt(at + OFFSET_AT);
        entries.truncateTo(entries.floor(byOffset, offset - baseOffset - 1) + 1);
        last = readLast();
    }

    /** As {@link IndexFile#dropUnset}. */
    void dropUnset() throws IOException {
        entries.dropUnset();
        last = readLast();
    }

    void clear() throws IOException {
        entries.clear();
        last = none();
    }

    private TimestampOffset none() {
        return new TimestampOffset(BatchHeader.NO_TIMESTAMP, baseOffset);
    }
}
