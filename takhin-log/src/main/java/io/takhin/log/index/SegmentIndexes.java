package io.takhin.log.index;

import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.SharedFile;
import io.takhin.log.index.TimeIndex.TimestampOffset;
import java.io.IOException;
import java.util.List;

/**
 * Where offsets and times are in one segment: two indexes, in files beside its batches. Made when
 * somebody asks for them, and forgotten when nobody has for a while: most segments of a broker with
 * many partitions are at rest.
 *
 * <p>Threads: as {@link IndexFile}. Who does not own the log's lock uses them only while he holds
 * the file of batches.
 */
public final class SegmentIndexes {
    private final OffsetIndex offsets;
    private final TimeIndex times;

    private SegmentIndexes(OffsetIndex offsets, TimeIndex times) {
        this.offsets = offsets;
        this.times = times;
    }

    /** Called as the file of batches is now; looks at no file. */
    public static SegmentIndexes of(SharedFile batches) {
        return new SegmentIndexes(
                new OffsetIndex(batches.beside(PartitionFiles.OFFSET_INDEX), batches.offset()),
                new TimeIndex(batches.beside(PartitionFiles.TIME_INDEX), batches.offset()));
    }

    /** Of the time index: read once, and nothing of it kept. */
    public static TimestampOffset lastTime(SharedFile batches) throws IOException {
        SharedFile once = batches.beside(PartitionFiles.TIME_INDEX);
        try {
            return new TimeIndex(once, batches.offset()).last();
        } finally {
            once.retire();
        }
    }

    public OffsetIndex offsets() {
        return offsets;
    }

    public TimeIndex times() {
        return times;
    }

    public boolean isFull(int bytesMax) throws IOException {
        return offsets.isFull(bytesMax) || times.isFull(bytesMax);
    }

    /** As {@link IndexFile#dropUnset}. */
    public void dropUnset() throws IOException {
        offsets.entries().dropUnset();
        times.dropUnset();
    }

    /** As {@link IndexFile#cutFile}: what reads the files after a kill finds no stale entries. */
    public void cutFiles() throws IOException {
        offsets.entries().cutFile();
        times.entries().cutFile();
    }

    /**
     * Sets both back to what they knew below an offset.
     *
     * @param entry the last entry to keep; nothing is kept where it is the segment's begin
     */
    public void rewindTo(OffsetPosition entry) throws IOException {
        if (entry.position() > 0) {
            offsets.truncateTo(entry.offset() + 1);
            times.truncateTo(entry.offset() + 1);
        } else {
            offsets.entries().clear();
            times.clear();
        }
    }

    /** Forgets entries for the offset and all after it. */
    public void truncateTo(long offset) throws IOException {
        offsets.truncateTo(offset);
        times.truncateTo(offset);
    }

    /** Brings both to their files, as a closed segment has them; the last entry of times first. */
    public void finish(TimestampOffset newest) throws IOException {
        times.append(newest.timestamp(), newest.offset());
        offsets.entries().writeTail();
        times.entries().writeTail();
    }

    /** Brings to the files what is in memory. */
    public void writeTails() throws IOException {
        if (offsets.entries().hasTail()) {
            offsets.entries().writeTail();
        }
        if (times.entries().hasTail()) {
            times.entries().writeTail();
        }
    }

    /** Whether the files and the disk have all of it. */
    public boolean areSettled() {
        return !offsets.entries().hasTail()
                && !times.entries().hasTail()
                && files().stream().noneMatch(SharedFile::isUnsynced);
    }

    public boolean areOpen() {
        return files().stream().anyMatch(SharedFile::isOpen);
    }

    public List<SharedFile> files() {
        return List.of(offsets.entries().file(), times.entries().file());
    }
}
