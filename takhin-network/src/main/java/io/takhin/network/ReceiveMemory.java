package io.takhin.network;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Bounds the memory that received bytes hold while they wait: frames that have not arrived in full,
 * and bytes read beyond what a connection may have in flight. One for all connections of all loops.
 *
 * <p>A frame reserves all it needs before it is given any, so no two of them can wait for each
 * other. Frames are divided into lanes by size, so that announcing a huge one does not hold up the
 * small: each lane is a share of the memory, the last one takes a single frame at a time, whatever
 * its size. Within a lane, first come, first served.
 *
 * <p>Threads: any.
 */
final class ReceiveMemory {
    private static final int SMALL_FRAME_MAX = 64 << 10;
    private static final int LARGE_FRAME_MAX = 4 << 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final Lane small;
    private final Lane large;
    private final Lane huge;
    private final long readAheadMax;

    @GuardedBy("lock")
    private long readAhead;

    @GuardedBy("lock")
    private int waiting;

    private volatile boolean isShort;

    ReceiveMemory(long bytes) {
        this.small = new Lane(bytes / 4);
        this.large = new Lane(bytes / 2);
        this.huge = new Lane(0);
        this.readAheadMax = bytes / 4;
    }

    /** A frame that waits for its memory. */
    final class Waiter {
        private final int bytes;
        private final Runnable granted;

        private Waiter(int bytes, Runnable granted) {
            this.bytes = bytes;
            this.granted = granted;
        }

        /**
         * Stops waiting. False when the memory was granted already: the callback is on its way, and
         * the bytes must be released.
         */
        boolean cancel() {
            Lane lane = laneOf(bytes);
            lock.lock();
            try {
                if (!lane.waiters.remove(this)) {
                    return false;
                }
                waiting--;
                noteShortage();
            } finally {
                lock.unlock();
            }
            // It may have been the only one that did not fit.
            grant(lane);
            return true;
        }
    }

    /**
     * While memory is short, connections read the length of a frame first and its bytes only when
     * there is room, instead of reading ahead.
     */
    boolean isShort() {
        return isShort;
    }

    /** Whether frames wait for others to finish. */
    boolean hasWaiters() {
        lock.lock();
        try {
            return waiting > 0;
        } finally {
            lock.unlock();
        }
    }

    boolean tryReserve(int bytes) {
        lock.lock();
        try {
            return laneOf(bytes).tryReserve(bytes);
        } finally {
            lock.unlock();
        }
    }

    /** Reserves as soon as there is room; the callback runs on the thread that made it. */
    Waiter reserveLater(int bytes, Runnable granted) {
        Waiter waiter = new Waiter(bytes, granted);
        lock.lock();
        try {
            laneOf(bytes).waiters.add(waiter);
            waiting++;
            noteShortage();
        } finally {
            lock.unlock();
        }
        // Room may have been made since the caller was refused.
        grant(laneOf(bytes));
        return waiter;
    }

    void release(int bytes) {
        Lane lane = laneOf(bytes);
        lock.lock();
        try {
            lane.used -= bytes;
        } finally {
            lock.unlock();
        }
        grant(lane);
    }

    /** Accounts for bytes that were read already. Overshoots by one read of each loop at most. */
    void keepReadAhead(int bytes) {
        lock.lock();
        try {
            readAhead += bytes;
            noteShortage();
        } finally {
            lock.unlock();
        }
    }

    void releaseReadAhead(int bytes) {
        keepReadAhead(-bytes);
    }

    /** Bytes held or promised now. */
    long used() {
        lock.lock();
        try {
            return small.used + large.used + huge.used + readAhead;
        } finally {
            lock.unlock();
        }
    }

    private void grant(Lane lane) {
        List<Waiter> granted = new ArrayList<>(0);
        lock.lock();
        try {
            Waiter first = lane.waiters.peek();
            while (first != null && lane.fits(first.bytes)) {
                lane.used += first.bytes;
                granted.add(lane.waiters.remove());
                first = lane.waiters.peek();
            }
            waiting -= granted.size();
            noteShortage();
        } finally {
            lock.unlock();
        }
        granted.forEach(waiter -> waiter.granted.run());
    }

    @GuardedBy("lock")
    private void noteShortage() {
        isShort = waiting > 0 || readAhead > readAheadMax;
    }

    private Lane laneOf(int bytes) {
        if (bytes <= SMALL_FRAME_MAX) {
            return small;
        }
        return bytes <= LARGE_FRAME_MAX ? large : huge;
    }

    /** A share of the memory; a frame larger than the whole share fits when it is alone. */
    private static final class Lane {
        private final long capacity;
        private final Deque<Waiter> waiters = new ArrayDeque<>();
        private long used;

        private Lane(long capacity) {
            this.capacity = capacity;
        }

        private boolean tryReserve(int bytes) {
            if (!waiters.isEmpty() || !fits(bytes)) {
                return false;
            }
            used += bytes;
            return true;
        }

        private boolean fits(int bytes) {
            return used == 0 || used + bytes <= capacity;
        }
    }
}
