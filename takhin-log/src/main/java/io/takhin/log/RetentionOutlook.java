package io.takhin.log;

import io.takhin.log.file.PartitionFiles;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.time.Instant;
import java.util.StringJoiner;

/**
 * Says of one log why its oldest records are still there, and when they go.
 *
 * @param highWatermark negative where it is not known
 */
record RetentionOutlook(LogConfig config, long highWatermark, long nowMillis) {

    String of(LogView view) throws IOException {
        StringJoiner text = new StringJoiner("; ");
        text.add(extent(view));
        Cleanup cleanup = config.cleanup();
        if (!cleanup.deletes()) {
            return text.add("cleanup.policy does not contain delete: nothing goes by age or size")
                    .toString();
        }
        int next = Retention.of(view, cleanup, highWatermark, nowMillis).doomed().size();
        if (next >= view.segments().size() || (view.endPosition() == 0 && view.isLast(next))) {
            return text.add("nothing is left to delete").toString();
        }
        byAge(text, view, next);
        bySize(text, view, next);
        byPosition(text, view, next);
        return text.toString();
    }

    private static String extent(LogView view) {
        return "offsets %d to %d in %d segments"
                .formatted(view.start(), view.end(), view.segments().size());
    }

    private void byAge(StringJoiner text, LogView view, int next) throws IOException {
        long retention = config.cleanup().retentionMillis();
        if (retention < 0) {
            text.add("retention.ms=-1 deletes nothing");
            return;
        }
        Segment segment = view.segments().get(next);
        long agedFrom = Retention.agedFrom(segment, nowMillis);
        text.add(
                "retention.ms=%d would delete segment %s (%d bytes) at %s"
                        .formatted(
                                retention,
                                PartitionFiles.name(segment.baseOffset(), ""),
                                view.sizeOf(next),
                                time(saturatedSum(agedFrom, retention))));
        long newest = segment.span().newest().timestamp();
        if (newest > nowMillis) {
            text.add(
                    "its largest timestamp %s lies in the future, so its age counts from its last"
                                    .formatted(time(newest))
                            + " write at "
                            + time(agedFrom));
        }
    }

    private void bySize(StringJoiner text, LogView view, int next) {
        long retention = config.cleanup().retentionBytes();
        if (retention < 0) {
            text.add("retention.bytes=-1 deletes nothing");
            return;
        }
        long bytes = 0;
        for (int i = next; i < view.segments().size(); i++) {
            bytes += view.sizeOf(i);
        }
        text.add(
                "retention.bytes=%d would delete it when %d more bytes are written"
                        .formatted(
                                retention,
                                Math.max(0, saturatedSum(retention, view.sizeOf(next)) - bytes)));
    }

    private void byPosition(StringJoiner text, LogView view, int next) {
        if (view.endOf(next) > highWatermark) {
            text.add(
                    "it stays as long as it reaches behind the high watermark %d"
                            .formatted(highWatermark));
        }
        if (view.isLast(next)) {
            text.add(
                    "it is the active segment, closed by an append that makes it larger than"
                            + " %d bytes or spans %d ms, or when all of it is to be deleted"
                                    .formatted(config.segmentBytes(), config.segmentMillisMax()));
        }
    }

    private static long saturatedSum(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    static String time(long millis) {
        if (millis == BatchHeader.NO_TIMESTAMP) {
            return "none";
        }
        // A retention of centuries ends after the last instant there is.
        return millis > Instant.MAX.getEpochSecond()
                ? "the end of time"
                : Instant.ofEpochMilli(millis).toString();
    }
}
