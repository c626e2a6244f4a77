package io.takhin.base;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that runs short tasks at a later time: the deadlines of long polls and of other waits.
 * Tasks must not block; what takes longer is handed on by the task.
 *
 * <p>Threads: any may schedule and cancel.
 */
public final class Timers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Timers.class);

    private final ScheduledThreadPoolExecutor executor;

    public Timers(String name) {
        executor = new ScheduledThreadPoolExecutor(1, Threads.factory(name));
        // A long poll is usually answered before its deadline; its task must not stay behind.
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    public ScheduledFuture<?> after(long millis, Runnable task) {
        return executor.schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    /** A run that throws is logged and does not end the series. */
    public ScheduledFuture<?> every(long millis, Runnable task) {
        return executor.scheduleWithFixedDelay(
                () -> run(task), millis, millis, TimeUnit.MILLISECONDS);
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            // Let through, it would end the series, and nobody would know.
            log.error("a periodic task failed", e);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
