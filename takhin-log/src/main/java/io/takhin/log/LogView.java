package io.takhin.log;

import io.takhin.log.file.SharedFile;
import java.util.List;

/**
 * What a reader may see of a log at one moment. Immutable; a reader takes one and answers
 * everything from it.
 *
 * @param segments in the order of their offsets, without gaps in what they promise; may be empty
 * @param start first offset that may be read
 * @param end offset of the next record
 * @param endPosition bytes of the last segment that hold records
 * @param cuts how often the log was truncated; bytes under an older view may have changed since
 */
record LogView(List<Segment> segments, long start, long end, int endPosition, int cuts) {

    /** The segment that holds the offset, or would; -1 where it lies before all of them. */
    int indexOf(long offset) {
        int low = 0;
        int high = segments.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (segments.get(middle).baseOffset() <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - 1;
    }

    /** Whether a file is that of one of the segments. */
    boolean has(SharedFile file) {
        int index = indexOf(file.offset());
        return index >= 0 && segments.get(index).file() == file;
    }

    /** Of the first segment: records from here on are in the files, whether they may be read. */
    long firstOffset() {
        return segments.isEmpty() ? end : segments.getFirst().baseOffset();
    }

    boolean isLast(int index) {
        return index == segments.size() - 1;
    }

    /** Bytes that may be read of a segment. */
    int sizeOf(int index) {
        return isLast(index) ? endPosition : segments.get(index).size();
    }

    /** Of all segments. */
    long sizeInBytes() {
        long bytes = 0;
        for (int i = 0; i < segments.size(); i++) {
            bytes += sizeOf(i);
        }
        return bytes;
    }

    /** First offset after a segment. */
    long endOf(int index) {
        return isLast(index) ? end : segments.get(index + 1).baseOffset();
    }

    Segment active() {
        return segments.getLast();
    }

    LogView withStart(long newStart) {
        return new LogView(segments, newStart, end, endPosition, cuts);
    }
}
