package io.takhin.log;

import java.io.IOException;

/**
 * Whether a log has to go on in a new segment before it takes some batches: by size, by age, or
 * because an index is full. As Kafka's {@code LogSegment.shouldRoll}.
 *
 * @param bytes of the batches
 * @param maxTimestamp the largest in them, milliseconds
 * @param lastOffset of the last one
 */
record RollRule(LogConfig config, int bytes, long maxTimestamp, long lastOffset, long nowMillis) {

    boolean isDue(Segment active) throws IOException {
        long bytesMax = Math.min(config.segmentBytes(), Segment.BYTES_MAX);
        if (active.size() > bytesMax - bytes
                || lastOffset - active.baseOffset() > Integer.MAX_VALUE
                || active.isIndexFull(config.indexBytesMax())) {
            return true;
        }
        return active.size() > 0
                && active.span().ageFor(maxTimestamp, nowMillis)
                        > config.segmentMillisMax() - SegmentJitter.millis(config, active.file());
    }
}
