package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Which of a log's oldest segments are to go: those below the log's start, those that make the log
 * too large, and those whose records are all too old; whole segments, the oldest first, and never
 * one that holds an offset at or above the high watermark. As Kafka's {@code
 * UnifiedLog.deleteOldSegments}, but for timestamps that lie in the future (ADR 15).
 *
 * @param doomed the segments that go, which may be all there are
 */
record Retention(List<Doomed> doomed) {

    /** A segment that goes, and why. */
    record Doomed(Segment segment, long newest, Reason reason) {}

    /** In the order in which they are asked. */
    enum Reason {
        LOG_START("records below the log's start were deleted"),
        BYTES("retention.bytes"),
        MILLIS("retention.ms");

        private final String text;

        Reason(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    /**
     * @param highWatermark negative where it is not known: nothing goes then
     */
    static Retention of(LogView view, Cleanup cleanup, long highWatermark, long nowMillis)
            throws IOException {
        List<Doomed> doomed = new ArrayList<>();
        long excess = excessBytes(view, cleanup);
        for (int i = 0; i < view.segments().size(); i++) {
            boolean emptyEnd = view.isLast(i) && view.endPosition() == 0;
            if (emptyEnd || view.endOf(i) > highWatermark) {
                break;
            }
            Segment segment = view.segments().get(i);
            int size = view.sizeOf(i);
            long newest = segment.span().newest().timestamp();
            if (!view.isLast(i) && view.endOf(i) <= view.start()) {
                doomed.add(new Doomed(segment, newest, Reason.LOG_START));
            } else if (excess >= size) {
                doomed.add(new Doomed(segment, newest, Reason.BYTES));
            } else if (isExpired(view, i, cleanup, nowMillis)) {
                doomed.add(new Doomed(segment, newest, Reason.MILLIS));
            } else {
                break;
            }
            excess -= size;
        }
        return new Retention(List.copyOf(doomed));
    }

    /** How many bytes the log has too many; negative when it has none. */
    private static long excessBytes(LogView view, Cleanup cleanup) {
        if (!cleanup.deletes() || cleanup.retentionBytes() < 0) {
            return -1;
        }
        return view.sizeInBytes() - cleanup.retentionBytes();
    }

    private static boolean isExpired(LogView view, int index, Cleanup cleanup, long nowMillis)
            throws IOException {
        if (!cleanup.deletes() || cleanup.retentionMillis() < 0) {
            return false;
        }
        Segment segment = view.segments().get(index);
        if (nowMillis - agedFrom(segment, nowMillis) <= cleanup.retentionMillis()) {
            return false;
        }
        // An index that is damaged, or whose end a power cut took, may know too little.
        segment.span().confirmNewest(view.sizeOf(index));
        return nowMillis - agedFrom(segment, nowMillis) > cleanup.retentionMillis();
    }

    /**
     * The time from which a segment's age counts: its largest timestamp. Where this lies in the
     * future, or records have none, it is when the file was last written: else one record of the
     * year 2100 would keep everything behind it for so long.
     */
    static long agedFrom(Segment segment, long nowMillis) throws IOException {
        long newest = segment.span().newest().timestamp();
        return newest == BatchHeader.NO_TIMESTAMP || newest > nowMillis
                ? segment.lastWritten()
                : newest;
    }
}
