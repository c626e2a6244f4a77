package io.takhin.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.base.Threads;
import io.takhin.log.file.ShortageException;
import io.takhin.log.journal.JournalFile;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does for a journal what may take its time: gives it its place on the disk, and makes segments
 * catch up with a full half so that it can be used again.
 *
 * <p>Threads: one of its own, that exists while there is work. {@link #checkpoint} may also be
 * called by whoever cannot wait for it.
 */
final class JournalKeeper {
    private static final Logger log = LoggerFactory.getLogger(JournalKeeper.class);
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long PAUSE_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long IDLE_SECONDS = 5;

    private final GroupCommit.Host host;
    private final JournalFile file;
    private final List<JournalHalf> halves;
    private final ThreadPoolExecutor thread;
    private final ReentrantLock working = new ReentrantLock();

    @GuardedBy("working")
    private long lastGeneration;

    @GuardedBy("working")
    private boolean preparationFailed;

    /** After a failure: not before this. */
    private volatile long retryAtNanos;

    private volatile boolean preparing;
    private volatile boolean hurried;
    private volatile boolean stopped;
    private volatile boolean preparationStopped;
    private volatile long checkpointMillis;

    JournalKeeper(GroupCommit.Host host, JournalFile file, List<JournalHalf> halves) {
        this.host = host;
        this.file = file;
        this.halves = halves;
        this.retryAtNanos = host.clock().nanos();
        this.thread =
                new ThreadPoolExecutor(
                        1,
                        1,
                        IDLE_SECONDS,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        Threads.factory("log-journal"));
        thread.allowCoreThreadTimeOut(true);
    }

    /** Generations up to this one have been in the file. */
    void startAfter(long generation) {
        working.lock();
        try {
            lastGeneration = Math.max(lastGeneration, generation);
        } finally {
            working.unlock();
        }
    }

    long checkpointMillis() {
        return checkpointMillis;
    }

    /** Returns at once; halves become free one after the other. */
    void prepareSoon() {
        if (!preparing && !preparationStopped && host.clock().nanos() - retryAtNanos >= 0) {
            preparing = true;
            submit(this::prepare);
        }
    }

    private void submit(Runnable task) {
        if (!stopped && !thread.isShutdown()) {
            thread.execute(task);
        }
    }

    private void prepare() {
        working.lock();
        try {
            for (JournalHalf half : halves) {
                if (half.is(JournalHalf.State.UNPREPARED)
                        && host.isOnline()
                        && !preparationStopped
                        && !stopped) {
                    if (!host.hasRoomToKeep(file.halfBytes())) {
                        throw new IOException("the disk has no room for it beside the reserve");
                    }
                    long generation = ++lastGeneration;
                    host.openFiles().retrying(() -> file.prepare(half.index(), generation));
                    half.free(generation);
                }
            }
            preparationFailed = false;
        } catch (IOException e) {
            goOnWithout(e);
        } finally {
            working.unlock();
            preparing = false;
        }
    }

    /** Nothing is lost: without a journal segments are synced where they lie. */
    @GuardedBy("working")
    private void goOnWithout(IOException cause) {
        if (file.hasFailed()) {
            if (!ShortageException.isCauseOf(cause) || isAnyPrepared()) {
                // What failed may be what a round of the other half waits for.
                host.fail(cause);
            }
            // Not even when there is space again: no sync tells of what that one has lost.
            preparationStopped = true;
        }
        if (!preparationFailed) {
            log.warn(
                    "going on without a journal, which could not be prepared: {}",
                    cause.toString());
        }
        preparationFailed = true;
        retryAtNanos = host.clock().nanos() + RETRY_NANOS;
    }

    private boolean isAnyPrepared() {
        return halves.stream().anyMatch(half -> !half.is(JournalHalf.State.UNPREPARED));
    }

    /** Returns at once. Until the log is settled, asking again changes nothing. */
    void settleSoon(PartitionLog log) {
        if (log.durability().lag().takeSettling()) {
            submit(() -> {
                try {
                    settle(log);
                } catch (IOException e) {
                    host.fail(e);
                }
            });
        }
    }

    private void settle(PartitionLog log) throws IOException {
        working.lock();
        try {
            if (host.isOnline() && !stopped) {
                settleAndPause(log, 1);
            }
        } finally {
            working.unlock();
            log.durability().lag().endSettling();
        }
    }

    /**
     * @param done how much of a half, of 1, the segments have caught up with
     */
    private void settleAndPause(PartitionLog log, double done) throws IOException {
        long start = host.clock().nanos();
        log.durability().settle();
        if (isAhead(done)) {
            long worked = host.clock().nanos() - start;
            LockSupport.parkNanos(Math.min(worked, PAUSE_NANOS_MAX));
        }
    }

    /** Half of the disk's time is for others, unless they would have to wait for this. */
    private boolean isAhead(double done) {
        if (hurried || stopped) {
            return false;
        }
        for (JournalHalf half : halves) {
            if (half.is(JournalHalf.State.IN_USE)) {
                return done * file.halfBytes() >= half.filled();
            }
        }
        return halves.stream().anyMatch(half -> half.is(JournalHalf.State.FREE));
    }

    /** Returns at once; the half is free some time later. */
    void checkpointSoon(JournalHalf half) {
        submit(() -> {
            try {
                checkpoint(half);
            } catch (IOException e) {
                host.fail(e);
            }
        });
    }

    /** Returns when all that full halves hold is durable in the segments, and they are free. */
    void checkpointNow() throws IOException {
        hurried = true;
        try {
            for (JournalHalf half : inOrder()) {
                checkpoint(half);
            }
        } finally {
            hurried = false;
        }
    }

    /** Entries of a later generation may say that earlier ones mean nothing: these go first. */
    private List<JournalHalf> inOrder() {
        return halves.stream().sorted(Comparator.comparingLong(JournalHalf::generation)).toList();
    }

    private void checkpoint(JournalHalf half) throws IOException {
        working.lock();
        try {
            if (!half.is(JournalHalf.State.FULL) || !host.isOnline() || stopped) {
                return;
            }
            int settled = 0;
            for (PartitionLog log : half.logs()) {
                settled++;
                settleAndPause(log, (double) settled / half.logs().size());
            }
            writeRecoveryPoints();
            file.reset(half.index(), ++lastGeneration);
            half.free(lastGeneration);
            checkpointMillis = host.clock().wallMillis();
        } finally {
            working.unlock();
        }
    }

    private void writeRecoveryPoints() throws IOException {
        try {
            host.writeRecoveryPoints();
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e)) {
                throw e;
            }
            // The segments are durable all the same; a start after a crash looks at more of them.
            host.shortage(e);
        }
    }

    /** All halves are empty then, for whatever program comes next. */
    void resetAll() throws IOException {
        for (JournalHalf half : halves) {
            if (!half.is(JournalHalf.State.UNPREPARED)) {
                reset(half);
            }
        }
    }

    /** Whatever the half has means nothing from now on; before it is used. */
    void reset(JournalHalf half) throws IOException {
        working.lock();
        try {
            file.reset(half.index(), ++lastGeneration);
            half.free(lastGeneration);
        } finally {
            working.unlock();
        }
    }

    /** Returns when no half is being prepared, nor will be: what that took of the disk is back. */
    void stopPreparing() {
        preparing = true;
        working.lock();
        try {
            preparationStopped = true;
        } finally {
            working.unlock();
        }
    }

    /**
     * Returns when the thread touches no file any more. It is not interrupted: that closes them.
     */
    void stop() {
        stopped = true;
        thread.shutdown();
        working.lock();
        try {
            // Whoever worked has seen that it is over.
            thread.getQueue().clear();
        } finally {
            working.unlock();
        }
    }
}
