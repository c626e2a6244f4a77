package io.takhin.log;

import io.takhin.base.Clock;
import io.takhin.log.Retention.Doomed;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at all logs of a directory for segments that are to be deleted. What goes is logged; why
 * the rest stays is logged under {@link RetentionOutlook}'s name, at debug.
 *
 * <p>Threads: one at a time.
 */
final class RetentionLook {
    private static final Logger log = LoggerFactory.getLogger(RetentionLook.class);
    private static final Logger outlooks = LoggerFactory.getLogger(RetentionOutlook.class);

    private final LogDirectory directory;
    private final LogCleaner.HighWatermarks highWatermarks;
    private final Clock clock;
    private final Duration interval;

    RetentionLook(
            LogDirectory directory,
            LogCleaner.HighWatermarks highWatermarks,
            Clock clock,
            Duration interval) {
        this.directory = directory;
        this.highWatermarks = highWatermarks;
        this.clock = clock;
        this.interval = interval;
    }

    void run() {
        for (PartitionLog each : directory.logs()) {
            try {
                look(each);
            } catch (KafkaStorageException e) {
                log.debug("{} cannot be looked at", each.topicPartition(), e);
            } catch (RuntimeException e) {
                // One log must not keep the others from being looked at.
                log.error("retention of {} failed", each.topicPartition(), e);
            }
        }
    }

    private void look(PartitionLog each) {
        LogCleaning cleaning = each.cleaning();
        long highWatermark = highWatermarks.of(each);
        Cleanup cleanup = cleaning.config().cleanup();
        long now = clock.wallMillis();
        LogView view = cleaning.view();
        List<Doomed> doomed =
                cleaning.ask(seen -> Retention.of(seen, cleanup, highWatermark, now)).doomed();
        int closed = Math.clamp(view.segments().size() - 1L, 0, doomed.size());
        drop(each, doomed.subList(0, closed), view.end());
        // By itself: it needs space for another one in its place, which may come of the others.
        drop(each, doomed.subList(closed, doomed.size()), view.end());
        if (outlooks.isDebugEnabled()) {
            outlooks.debug("{}: {}", each.topicPartition(), outlook(each));
        }
    }

    private static void drop(PartitionLog each, List<Doomed> doomed, long end) {
        List<Segment> segments = doomed.stream().map(Doomed::segment).toList();
        if (doomed.isEmpty() || !each.cleaning().dropFirst(segments, end)) {
            return;
        }
        each.requestFlush();
        for (Doomed gone : doomed) {
            log.info(
                    "deleted a segment partition={} baseOffset={} bytes={} newest={} reason=\"{}\"",
                    each.topicPartition(),
                    gone.segment().baseOffset(),
                    gone.segment().size(),
                    RetentionOutlook.time(gone.newest()),
                    gone.reason().text());
        }
    }

    /** Why the log's records are still there, in one line. */
    String outlook(PartitionLog each) {
        LogCleaning cleaning = each.cleaning();
        RetentionOutlook outlook =
                new RetentionOutlook(
                        cleaning.config(), highWatermarks.of(each), clock.wallMillis());
        return cleaning.ask(outlook::of) + "; looked at every " + interval.toMillis() + " ms";
    }
}
