package io.takhin.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.base.Clock;
import io.takhin.base.Threads;
import io.takhin.log.file.DeadFiles;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does in the background what a directory needs from time to time: checkpoints, flushes of what
 * nobody waits for, removal of dead files, forgetting idle producers. Sleeps while there is nothing
 * of that.
 *
 * <p>Threads: one of its own, and another one for removals, which take as long as there are bytes:
 * a flush that is due does not wait for them. Any thread may ask.
 */
final class Housekeeper {
    private static final Logger log = LoggerFactory.getLogger(Housekeeper.class);
    private static final Duration EXPIRY_INTERVAL = Duration.ofMinutes(10);

    /** A file that nobody has used for one to two of these is closed. */
    private static final Duration REST_INTERVAL = Duration.ofSeconds(5);

    /** What found no descriptor, or found others at work, is tried again after this. */
    private static final Duration RETRY_INTERVAL = Duration.ofSeconds(1);

    private static final long NEVER = Long.MAX_VALUE;
    private static final long PRODUCER_SNAPSHOT_BYTES = 64L << 20;

    private final Host host;
    private final LogDirectorySettings settings;
    private final ScheduledThreadPoolExecutor thread;
    private final ScheduledThreadPoolExecutor remover;
    private final long startNanos;
    private final ReentrantLock ageLock = new ReentrantLock();

    /** Nanoseconds after the start; {@link #NEVER} while none is planned. */
    private volatile long nextAgeLook = NEVER;

    @GuardedBy("ageLock")
    private @Nullable Future<?> plannedAgeLook;

    private final AtomicBoolean checkpointDue = new AtomicBoolean();
    private final AtomicLong renamedDirectories = new AtomicLong();

    /** Of those, how many are known to be on the disk; the remover's alone. */
    private long durableRenames;

    interface Host {
        Clock clock();

        void fail(IOException cause);

        void shortage(IOException cause);

        boolean isOnline();

        void requestFlush(PartitionLog log);

        Collection<PartitionLog> logs();

        void writeRecoveryPoints() throws IOException;

        OpenFiles openFiles();
    }

    Housekeeper(Host host, LogDirectorySettings settings) {
        this.host = host;
        this.settings = settings;
        this.startNanos = host.clock().nanos();
        this.thread = threadOfName("log-housekeeper");
        this.remover = threadOfName("log-remover");
        host.openFiles().watch(() -> later(this::rest, REST_INTERVAL));
        later(this::expireProducers, EXPIRY_INTERVAL);
    }

    private static ScheduledThreadPoolExecutor threadOfName(String name) {
        var thread = new ScheduledThreadPoolExecutor(1, Threads.factory(name));
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        thread.setRemoveOnCancelPolicy(true);
        // Who asks while it is stopped has no need of it any more.
        thread.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
        return thread;
    }

    private interface Task {
        void run() throws IOException;
    }

    private void later(Task task, Duration delay) {
        var _ = plan(thread, task, delay);
    }

    private void removeLater(Task removal, Duration delay) {
        var _ = plan(remover, removal, delay);
    }

    private Future<?> plan(ScheduledThreadPoolExecutor on, Task task, Duration delay) {
        return on.schedule(() -> run(on, task), delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void run(ScheduledThreadPoolExecutor on, Task task) {
        if (!host.isOnline()) {
            return;
        }
        try {
            task.run();
        } catch (IOException e) {
            if (ShortageException.isOfDescriptors(e)) {
                host.shortage(e);
                var _ = plan(on, task, RETRY_INTERVAL);
            } else {
                host.fail(e);
            }
        } catch (RuntimeException e) {
            // Nobody looks at what a scheduled task threw.
            log.error("housekeeping failed", e);
        }
    }

    /** A log has something unflushed: see that it does not stay so for longer than it may. */
    void watchAge(PartitionLog dirty) {
        lookAtAgesIn(dirty.durability().nanosUntilDue(now()));
    }

    /** Unless a look that is planned comes sooner: one look a time is for all logs. */
    private void lookAtAgesIn(long nanos) {
        long elapsed = now() - startNanos;
        long at = nanos < NEVER - elapsed ? elapsed + nanos : NEVER;
        if (at >= nextAgeLook) {
            return;
        }
        ageLock.lock();
        try {
            if (at < nextAgeLook) {
                nextAgeLook = at;
                if (plannedAgeLook != null) {
                    plannedAgeLook.cancel(false);
                }
                plannedAgeLook = plan(thread, this::flushAged, inMillis(nanos));
            }
        } finally {
            ageLock.unlock();
        }
    }

    /** Rounded up, so that what is waited for is due then. */
    private static Duration inMillis(long nanos) {
        return Duration.ofMillis(Math.max(0, nanos / 1_000_000) + 1);
    }

    private void flushAged() {
        nextAgeLook = NEVER;
        long now = now();
        long next = NEVER;
        for (PartitionLog each : host.logs()) {
            long due = each.durability().nanosUntilDue(now);
            if (due <= 0) {
                host.requestFlush(each);
            } else {
                next = Math.min(next, due);
            }
        }
        lookAtAgesIn(next);
    }

    private long now() {
        return host.clock().nanos();
    }

    /** Something moved that a restart should know. */
    void checkpointSoon() {
        if (!checkpointDue.get() && checkpointDue.compareAndSet(false, true)) {
            later(this::checkpoint, settings.checkpointInterval());
        }
    }

    private void checkpoint() throws IOException {
        checkpointDue.set(false);
        for (PartitionLog each : host.logs()) {
            each.files().checkpoint(PRODUCER_SNAPSHOT_BYTES);
            if (each.durability().isStartBehind()) {
                each.requestCheckpoint();
            }
        }
        try {
            host.writeRecoveryPoints();
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e)) {
                throw e;
            }
            // The old points are as true as they were; a start after a crash scans more.
            host.shortage(e);
            checkpointSoon();
        }
    }

    /** Many files are open: some should be on the disk before they have to be closed. */
    void prepareRoom() {
        later(() -> host.openFiles().prepareRoom(), Duration.ZERO);
    }

    private void rest() throws IOException {
        if (letRest()) {
            later(this::rest, REST_INTERVAL);
        }
    }

    /** Returns whether there is something left that may come to rest. */
    boolean letRest() throws IOException {
        boolean more = host.openFiles().sweep();
        host.logs().forEach(each -> each.files().rest());
        return more;
    }

    private void expireProducers() {
        later(this::expireProducers, EXPIRY_INTERVAL);
        host.logs().forEach(each -> each.expireProducers(settings.producerIdleMax()));
    }

    /** These files are dead; who still reads them has so long to finish. */
    void removeLater(List<Path> files, Duration delay) {
        removeLater(
                () -> {
                    for (Path file : files) {
                        DeadFiles.remove(file);
                    }
                },
                delay);
    }

    /**
     * As {@link #removeLater}, for the directory of a deleted partition. That it has another name
     * is durable first: or it could come back after a power cut, without the file that says of
     * which topic it is. One sync covers all that were renamed before it.
     */
    void removeDirectoryLater(Path directory, Duration delay) {
        long number = renamedDirectories.incrementAndGet();
        removeLater(
                () -> {
                    Path parent = directory.getParent();
                    if (durableRenames < number && parent != null) {
                        long covered = renamedDirectories.get();
                        DurablePaths.sync(parent);
                        durableRenames = covered;
                    }
                    removeDirectory(directory);
                },
                delay);
    }

    /** Whoever has not met yet that the partition is deleted may make a file there meanwhile. */
    private void removeDirectory(Path directory) throws IOException {
        try {
            DeadFiles.remove(directory);
        } catch (DirectoryNotEmptyException e) {
            log.debug("{} is removed later", directory, e);
            removeLater(() -> removeDirectory(directory), RETRY_INTERVAL);
        }
    }

    /**
     * What was not begun stays undone: the next start finds it. Not interrupted, which would close
     * files under those who use them.
     */
    void stop() {
        thread.shutdown();
        remover.shutdown();
        boolean interrupted = false;
        while (!thread.isTerminated() || !remover.isTerminated()) {
            try {
                var _ = thread.awaitTermination(1, TimeUnit.MINUTES);
                var _ = remover.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
