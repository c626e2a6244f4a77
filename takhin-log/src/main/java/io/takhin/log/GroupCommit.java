package io.takhin.log;

import io.takhin.base.Clock;
import io.takhin.base.Threads;
import io.takhin.log.file.OpenFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Makes the logs of one directory durable, all that wait in one round. It sets its own pace: while
 * one round is at the disk the next one gathers, and it starts at once; with nothing to do the
 * thread sleeps. How bytes become durable is known here and nowhere else.
 *
 * <p>Threads: one flusher; any thread may commit. Listeners are called on the flusher.
 */
public final class GroupCommit {
    private final Host host;
    private final FlushRule rule;
    private final Queue<PartitionLog> dirty = new ConcurrentLinkedQueue<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition roundEnded = lock.newCondition();
    private final Thread flusher;
    private volatile boolean sleeping;
    private volatile boolean stopped;

    /** Nothing more comes: the flusher ends once all is flushed. */
    private volatile boolean finishing;

    private volatile @Nullable Journal journal;

    /** Whether the flusher may have taken logs that it has not finished with. */
    private volatile boolean atWork;

    private final AtomicInteger waiting = new AtomicInteger();
    private volatile FlushObserver observer = FlushObserver.NONE;

    /** What the flusher needs of its directory. */
    interface Host {
        Clock clock();

        OpenFiles openFiles();

        boolean isOnline();

        void fail(IOException cause);

        /** Something could not be written because something ran out; nothing is lost. */
        void shortage(IOException cause);

        /** Whether the disk has so many bytes, to be kept, beside its reserve. */
        boolean hasRoomToKeep(long bytes);

        /** Writes the recovery points anew, because one of them claims too much. */
        void writeRecoveryPoints() throws IOException;

        Collection<PartitionLog> logs();
    }

    GroupCommit(Host host, FlushRule rule, String name) {
        this.host = host;
        this.rule = rule;
        this.flusher = Threads.start(name, this::run);
    }

    /** From the next round on; before anything is committed. */
    void use(Journal opened) {
        journal = opened;
    }

    /** Who is told of flushes from now on; one at a time. */
    public void observe(FlushObserver newObserver) {
        observer = newObserver;
    }

    /** Asks all logs: for metrics, not for the way of a record. */
    public FlushBacklog backlog() {
        int logs = 0;
        long bytes = 0;
        for (PartitionLog log : host.logs()) {
            long unflushed = log.durability().unflushedBytes();
            logs += unflushed > 0 ? 1 : 0;
            bytes += unflushed;
        }
        Journal used = journal;
        return used == null
                ? new FlushBacklog(logs, bytes, 0, 0, 0)
                : new FlushBacklog(
                        logs, bytes, used.usedBytes(), used.capacity(), used.checkpointMillis());
    }

    /** The log is to be durable soon; returns at once. */
    public void commit(PartitionLog log) {
        if (log.durability().enqueue()) {
            dirty.add(log);
            if (sleeping) {
                LockSupport.unpark(flusher);
            }
        }
    }

    /** Returns when what the log holds now is durable, or its directory is offline. */
    void commitAndWait(PartitionLog log) {
        long wanted = log.logEndOffset();
        lock.lock();
        try {
            waiting.incrementAndGet();
            while (host.isOnline()
                    && !stopped
                    && !log.isClosed()
                    && log.durableEndOffset() < Math.min(wanted, log.logEndOffset())) {
                commit(log);
                roundEnded.awaitUninterruptibly();
            }
        } finally {
            waiting.decrementAndGet();
            lock.unlock();
        }
    }

    /** Returns when there is nothing left to do for these, or the directory is offline. */
    void commitAndWait(Collection<PartitionLog> logs) {
        logs.forEach(this::commit);
        lock.lock();
        try {
            waiting.incrementAndGet();
            while (host.isOnline() && !stopped && (!dirty.isEmpty() || atWork)) {
                roundEnded.awaitUninterruptibly();
            }
        } finally {
            waiting.decrementAndGet();
            lock.unlock();
        }
    }

    private void run() {
        try (DiskSync disk = new DiskSync(rule, host.openFiles())) {
            flushUntilStopped(disk);
        } catch (RuntimeException | Error e) {
            // Without a flusher nothing can be acknowledged: that is what offline means.
            host.fail(new IOException("the flusher ended", e));
            throw e;
        } finally {
            wakeWaiting();
        }
    }

    private void flushUntilStopped(DiskSync disk) {
        List<PartitionLog> logs = new ArrayList<>();
        FlushRound round = null;
        while (!stopped && host.isOnline()) {
            atWork = true;
            for (PartitionLog log = dirty.poll(); log != null; log = dirty.poll()) {
                logs.add(log);
            }
            if (logs.isEmpty()) {
                if (finishing) {
                    return;
                }
                rest();
                continue;
            }
            if (round == null) {
                round = new FlushRound(rule, disk, host, journal, this::tellObserver, this::commit);
            }
            try {
                round.flush(logs);
            } catch (IOException e) {
                // Never again: after a failed fsync the kernel may have dropped what was not
                // written, and the next one would say that all is well.
                host.fail(e);
            }
            logs.clear();
            atWork = false;
            wakeWaiting();
        }
    }

    private void tellObserver(FlushObserver.Target target, int logs, long bytes, long nanos) {
        observer.flushed(target, logs, bytes, nanos);
    }

    private void rest() {
        atWork = false;
        wakeWaiting();
        sleep();
    }

    private void sleep() {
        sleeping = true;
        if (dirty.isEmpty() && !stopped && !finishing && host.isOnline()) {
            LockSupport.park(this);
        }
        sleeping = false;
    }

    private void wakeWaiting() {
        if (waiting.get() > 0) {
            lock.lock();
            try {
                roundEnded.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** The directory went offline, or is closed. */
    void stop() {
        stopped = true;
        LockSupport.unpark(flusher);
        lock.lock();
        try {
            roundEnded.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Returns when all that was committed is durable, and the flusher gone. */
    void finish() {
        finishing = true;
        LockSupport.unpark(flusher);
        Threads.joinUninterruptibly(flusher);
        stop();
    }

    /** Returns when the flusher touches no file any more. */
    void stopAndWait() {
        stop();
        Threads.joinUninterruptibly(flusher);
    }
}
