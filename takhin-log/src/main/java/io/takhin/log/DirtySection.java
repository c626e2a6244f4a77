package io.takhin.log;

import java.io.IOException;
import java.util.List;

/**
 * What of a log waits to be compacted, as Kafka's {@code LogCleanerManager} counts it.
 *
 * @param first offset of it
 * @param end of it: the begin of a segment that must not be touched yet
 * @param cleanBytes of the segments before it
 * @param dirtyBytes of the segments in it
 * @param overdueMillis for how long {@code max.compaction.lag.ms} is exceeded; 0 when it is not
 */
record DirtySection(long first, long end, long cleanBytes, long dirtyBytes, long overdueMillis) {

    /**
     * What a compaction must keep to.
     *
     * @param cleanedBelow where the last one stopped
     * @param lastStable records behind it are not decided
     * @param recoveryPoint segments that reach behind it may still be written to
     */
    record Bounds(long cleanedBelow, long lastStable, long recoveryPoint) {}

    /** The same, of which an earlier part is looked at again. */
    DirtySection from(long earlier) {
        return new DirtySection(earlier, end, cleanBytes, dirtyBytes, overdueMillis);
    }

    static DirtySection of(LogView view, Cleanup cleanup, Bounds bounds, long nowMillis)
            throws IOException {
        if (view.segments().isEmpty()) {
            return new DirtySection(view.start(), view.start(), 0, 0, 0);
        }
        boolean believable =
                bounds.cleanedBelow() >= view.start() && bounds.cleanedBelow() <= view.end();
        long first = believable ? bounds.cleanedBelow() : view.start();
        List<Segment> segments = view.segments();
        int from = Math.max(0, view.indexOf(first));
        int active = segments.size() - 1;
        int stop =
                firstWithin(
                        segments.subList(0, active), Math.min(from, active), cleanup, nowMillis);
        long limit = Math.min(bounds.lastStable(), bounds.recoveryPoint());
        while (stop > 0 && view.endOf(stop - 1) > limit) {
            stop--;
        }
        long end = segments.get(stop).baseOffset();
        long overdue =
                overdue(segments.subList(Math.min(from, active), active), cleanup, nowMillis);
        return new DirtySection(
                first,
                Math.max(first, end),
                bytes(segments.stream().filter(each -> each.baseOffset() < first).toList()),
                from < stop ? bytes(segments.subList(from, stop)) : 0,
                overdue);
    }

    /** The first segment with records that are too young ({@code min.compaction.lag.ms}). */
    private static int firstWithin(
            List<Segment> segments, int from, Cleanup cleanup, long nowMillis) throws IOException {
        int index = from;
        while (index < segments.size()
                && (cleanup.lagMinMillis() <= 0
                        || isOlderThan(segments.get(index), cleanup.lagMinMillis(), nowMillis))) {
            index++;
        }
        return index;
    }

    private static boolean isOlderThan(Segment segment, long millis, long nowMillis)
            throws IOException {
        if (Retention.agedFrom(segment, nowMillis) > nowMillis - millis) {
            return false;
        }
        segment.span().confirmNewest(segment.size());
        return Retention.agedFrom(segment, nowMillis) <= nowMillis - millis;
    }

    private static long overdue(List<Segment> closed, Cleanup cleanup, long nowMillis)
            throws IOException {
        if (cleanup.lagMaxMillis() == Long.MAX_VALUE) {
            return 0;
        }
        long due = nowMillis - cleanup.lagMaxMillis();
        long overdue = 0;
        for (Segment segment : closed) {
            overdue = Math.max(overdue, due - segment.span().beganAt(nowMillis));
        }
        return overdue;
    }

    private static long bytes(List<Segment> segments) {
        return segments.stream().mapToLong(Segment::size).sum();
    }

    /** The share of the log's bytes, up to the section's end, that is dirty. */
    double ratio() {
        long all = cleanBytes + dirtyBytes;
        return all == 0 ? 0 : (double) dirtyBytes / all;
    }

    /** Whether a run is worth its work, or wanted in any case. */
    boolean isDue(Cleanup cleanup) {
        return dirtyBytes > 0 && (overdueMillis > 0 || ratio() > cleanup.dirtyRatioMin());
    }
}
