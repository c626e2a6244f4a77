package io.takhin.metadata;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.takhin.base.Threads;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.raft.ExpirationService;

/**
 * The one thread on which this module's own waiting happens: heartbeats, retries, and the waits
 * that Kafka's Raft client asks for. Tasks on it must be quick.
 */
final class MetadataTimer implements ExpirationService, AutoCloseable {
    private final ScheduledThreadPoolExecutor executor =
            new ScheduledThreadPoolExecutor(1, Threads.factory("metadata-timer"));

    MetadataTimer() {
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Runs a task on the timer's thread; after the timer was closed, nowhere. */
    void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException _) {
            // Closed: what is left over belongs to nobody.
        }
    }

    @CanIgnoreReturnValue
    Future<?> after(Duration delay, Runnable task) {
        try {
            return executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public <T> CompletableFuture<T> failAfter(long timeoutMs) {
        CompletableFuture<T> expiring = new CompletableFuture<>();
        Future<?> alarm =
                after(
                        Duration.ofMillis(timeoutMs),
                        () ->
                                expiring.completeExceptionally(
                                        new TimeoutException(
                                                "not done within " + timeoutMs + " ms")));
        var _ = expiring.whenComplete((_, _) -> alarm.cancel(false));
        return expiring;
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
