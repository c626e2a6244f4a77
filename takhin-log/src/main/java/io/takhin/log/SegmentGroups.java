package io.takhin.log;

import io.takhin.log.index.OffsetIndex;
import io.takhin.log.index.TimeIndex;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Finds neighbours that fit into one segment together, as they are before they are compacted. */
final class SegmentGroups {
    private SegmentGroups() {}

    /**
     * @param segments in the order of their offsets
     * @param end first offset behind the last of them
     */
    static List<List<Segment>> of(List<Segment> segments, LogConfig config, long end)
            throws IOException {
        List<List<Segment>> groups = new ArrayList<>();
        int from = 0;
        for (int i = 1; i <= segments.size(); i++) {
            if (i == segments.size()
                    || !fits(segments.subList(from, i + 1), config, end(segments, i, end))) {
                groups.add(segments.subList(from, i));
                from = i;
            }
        }
        return List.copyOf(groups);
    }

    private static long end(List<Segment> segments, int index, long end) {
        return index + 1 < segments.size() ? segments.get(index + 1).baseOffset() : end;
    }

    private static boolean fits(List<Segment> group, LogConfig config, long end)
            throws IOException {
        long bytes = 0;
        long offsetIndexBytes = 0;
        long timeIndexBytes = 0;
        for (Segment segment : group) {
            bytes += segment.size();
            offsetIndexBytes +=
                    (long) segment.offsets().entries().count() * OffsetIndex.ENTRY_BYTES;
            timeIndexBytes += (long) segment.times().entries().count() * TimeIndex.ENTRY_BYTES;
        }
        // Indexes hold offsets relative to the first one, in 31 bits.
        boolean inReach =
                group.getLast().size() == 0
                        || end - 1 - group.getFirst().baseOffset() <= Integer.MAX_VALUE;
        return inReach
                && bytes <= Math.min(config.segmentBytes(), Segment.BYTES_MAX)
                && offsetIndexBytes <= config.indexBytesMax()
                && timeIndexBytes <= config.indexBytesMax();
    }
}
