package io.takhin.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How far the metadata log is in the view, and who waits for more of it.
 *
 * <p>Threads: any; waiters are woken on the thread that advances.
 */
final class AppliedOffset {
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final TreeMap<Long, List<CompletableFuture<Void>>> waiting = new TreeMap<>();

    @GuardedBy("lock")
    private long applied = -1;

    /** Everything up to this offset, itself included, is in the view. */
    void advance(long offset) {
        List<List<CompletableFuture<Void>>> woken;
        lock.lock();
        try {
            applied = Math.max(applied, offset);
            Collection<List<CompletableFuture<Void>>> reached =
                    waiting.headMap(applied, true).values();
            woken = List.copyOf(reached);
            reached.clear();
        } finally {
            lock.unlock();
        }
        woken.forEach(waiters -> waiters.forEach(waiter -> waiter.complete(null)));
    }

    /** Done when this offset is in the view. */
    CompletableFuture<Void> reached(long offset) {
        lock.lock();
        try {
            CompletableFuture<Void> waiter = new CompletableFuture<>();
            if (offset <= applied) {
                waiter.complete(null);
            } else {
                waiting.computeIfAbsent(offset, _ -> new ArrayList<>()).add(waiter);
            }
            return waiter;
        } finally {
            lock.unlock();
        }
    }
}
