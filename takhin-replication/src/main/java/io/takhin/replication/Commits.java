package io.takhin.replication;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * How far a partition's records are safe, and who waits for more. Never moves back while the
 * partition is led here.
 *
 * <p>Threads: any. Waiters are told outside the lock, by the thread that brought the news. The lock
 * is the monitor: every partition has one of these, and a lock object would be forty bytes.
 */
final class Commits {
    private static final Comparator<CommitWait> BY_OFFSET =
            Comparator.comparingLong(CommitWait::offset);

    /** Null while nobody has waited for some time: most partitions of many are at rest. */
    @GuardedBy("this")
    private @Nullable PriorityQueue<CommitWait> waiting;

    private volatile long committed;

    long committed() {
        return committed;
    }

    /** Tells the waiter at once when its records are safe already. */
    void await(CommitWait wait) {
        synchronized (this) {
            if (committed < wait.offset()) {
                PriorityQueue<CommitWait> queue = waiting;
                if (queue == null) {
                    queue = new PriorityQueue<>(1, BY_OFFSET);
                    waiting = queue;
                }
                queue.add(wait);
                return;
            }
        }
        wait.done(Errors.NONE);
    }

    void advanceTo(long offset) {
        List<CommitWait> ready = List.of();
        synchronized (this) {
            if (offset <= committed) {
                return;
            }
            committed = offset;
            ready = takeUpTo(offset);
        }
        ready.forEach(wait -> wait.done(Errors.NONE));
    }

    /**
     * A new leadership begins: the past's figure is no longer a promise. What is known already is
     * told at once, for whoever brings it after this finds nothing new in it.
     */
    void restartAt(long offset) {
        List<CommitWait> ready;
        synchronized (this) {
            committed = offset;
            ready = takeUpTo(offset);
        }
        ready.forEach(wait -> wait.done(Errors.NONE));
    }

    /** Ends every wait: the partition is led elsewhere, deleted or broken. */
    void failAll(Errors outcome) {
        List<CommitWait> all;
        synchronized (this) {
            all = waiting == null ? List.of() : new ArrayList<>(waiting);
            waiting = null;
        }
        all.forEach(wait -> wait.done(outcome));
    }

    /** Ends the waits whose client has given up by now. */
    void expire(long nowNanos) {
        List<CommitWait> late;
        synchronized (this) {
            PriorityQueue<CommitWait> queue = waiting;
            if (queue == null || queue.isEmpty()) {
                waiting = null;
                return;
            }
            late = new ArrayList<>();
            queue.removeIf(wait -> wait.isLate(nowNanos) && late.add(wait));
        }
        late.forEach(wait -> wait.done(Errors.REQUEST_TIMED_OUT));
    }

    @GuardedBy("this")
    private List<CommitWait> takeUpTo(long offset) {
        PriorityQueue<CommitWait> queue = waiting;
        CommitWait first = queue == null ? null : queue.peek();
        if (queue == null || first == null || first.offset() > offset) {
            return List.of();
        }
        List<CommitWait> ready = new ArrayList<>(queue.size());
        while (first != null && first.offset() <= offset) {
            ready.add(queue.remove());
            first = queue.peek();
        }
        return ready;
    }
}
