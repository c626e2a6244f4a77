package io.takhin.log;

import io.takhin.base.Clock;
import io.takhin.base.Threads;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes old records out of the logs of a directory: deletes what is too old or too much, and
 * compacts what asks for it, each on a thread of its own, so that a long compaction does not keep a
 * full disk from being freed.
 *
 * <p>Threads: any.
 */
public final class LogCleaner implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LogCleaner.class);

    /** Leaves a start alone, and still comes to a broker that is restarted often. */
    private static final Duration FIRST_LOOK_MAX = Duration.ofSeconds(30);

    private static final long STOP_SECONDS = 10;

    private final ScheduledThreadPoolExecutor retentionThread = thread("log-retention");
    private final ScheduledThreadPoolExecutor compactionThread = thread("log-compactor");
    private final RetentionLook retention;
    private final CompactionLook compaction;
    private volatile boolean stopped;

    /** Up to where the records of a log are replicated; -1 where that is not known (yet). */
    @FunctionalInterface
    public interface HighWatermarks {
        long of(PartitionLog log);
    }

    /**
     * How often, and how much of the machine.
     *
     * @param compacts whether anything is compacted ({@code storage.cleaner.enabled})
     * @param mapBytesMax memory for the keys of one run; more keys take more runs
     * @param bytesPerSecond read and written by compaction; 0: no limit
     */
    public record Settings(
            Duration retentionInterval,
            boolean compacts,
            Duration compactionInterval,
            long mapBytesMax,
            long bytesPerSecond) {}

    private LogCleaner(
            LogDirectory directory, HighWatermarks highWatermarks, Settings settings, Clock clock)
            throws IOException {
        this.retention =
                new RetentionLook(directory, highWatermarks, clock, settings.retentionInterval());
        this.compaction =
                new CompactionLook(
                        directory,
                        highWatermarks,
                        clock,
                        new Compaction.Pace(
                                settings.mapBytesMax(),
                                new Throttle(clock, settings.bytesPerSecond()),
                                () -> stopped || !directory.isOnline()));
    }

    /**
     * Begins to look. The first looks come a little later.
     *
     * @throws IOException when the file that says what was compacted cannot be read
     */
    public static LogCleaner start(
            LogDirectory directory, HighWatermarks highWatermarks, Settings settings, Clock clock)
            throws IOException {
        LogCleaner cleaner = new LogCleaner(directory, highWatermarks, settings, clock);
        every(cleaner.retentionThread, settings.retentionInterval(), cleaner.retention::run);
        if (settings.compacts()) {
            every(cleaner.compactionThread, settings.compactionInterval(), cleaner.compaction::run);
        }
        return cleaner;
    }

    private static ScheduledThreadPoolExecutor thread(String name) {
        ScheduledThreadPoolExecutor thread =
                new ScheduledThreadPoolExecutor(1, Threads.factory(name));
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        thread.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
        return thread;
    }

    private static void every(
            ScheduledThreadPoolExecutor thread, Duration interval, Runnable look) {
        Duration first = interval.compareTo(FIRST_LOOK_MAX) < 0 ? interval : FIRST_LOOK_MAX;
        var _ =
                thread.scheduleWithFixedDelay(
                        () -> run(look),
                        first.toMillis(),
                        interval.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    /** What throws is not called again; these go on. */
    private static void run(Runnable look) {
        try {
            look.run();
        } catch (RuntimeException | Error e) {
            log.error("a look for old records failed", e);
        }
    }

    /** How a log stands now. May read headers of batches from the disk. */
    public CleaningStatus status(PartitionLog of) {
        return compaction.status(of);
    }

    /** Why a log's records are still there, in one line for people. */
    public String outlook(PartitionLog of) {
        String text = retention.outlook(of);
        return of.config().compacted() ? text + "; " + compaction.outlook(of) : text;
    }

    /** Ends what is going on, without interrupting it: that would close files under others. */
    @Override
    public void close() {
        stopped = true;
        retentionThread.shutdown();
        compactionThread.shutdown();
        try {
            boolean ended =
                    retentionThread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)
                            && compactionThread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
            if (!ended) {
                log.warn("the cleaner did not stop in {} seconds", STOP_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        compaction.finish();
    }
}
