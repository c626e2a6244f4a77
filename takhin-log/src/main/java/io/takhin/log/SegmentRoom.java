package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.io.IOException;

/**
 * Some batches that look for a segment: whether one takes them, by size, offsets, index and age.
 *
 * @param bytes of the batches
 * @param maxTimestamp the largest of theirs
 * @param lastOffset of the last one
 */
record SegmentRoom(
        LogConfig config, int bytes, long maxTimestamp, long lastOffset, long nowMillis) {

    boolean isIn(Segment segment) throws IOException {
        long bytesMax = Math.min(config.segmentBytes(), Segment.BYTES_MAX);
        if (segment.size() > bytesMax - bytes
                || lastOffset - segment.baseOffset() > Integer.MAX_VALUE) {
            return false;
        }
        if (mayHaveFullIndex(segment) && segment.isIndexFull(config.indexBytesMax())) {
            return false;
        }
        return segment.size() == 0
                || segment.ageFor(maxTimestamp, nowMillis)
                        <= config.segmentMillisMax() - SegmentJitter.millis(config, segment.file());
    }

    /** False where not even an entry for every batch would fill an index. */
    private boolean mayHaveFullIndex(Segment segment) {
        return segment.size() / BatchHeader.BYTES
                >= config.indexBytesMax() / TimeIndex.ENTRY_BYTES - 1;
    }
}
