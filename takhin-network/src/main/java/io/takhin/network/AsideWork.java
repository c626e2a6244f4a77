package io.takhin.network;

import io.takhin.base.Threads;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Work that would hold up an event loop, done away from it; bounded by the memory it holds.
 *
 * <p>Threads: any; one virtual thread a task.
 */
final class AsideWork {
    /** Copies of requests being worked on; beyond this, the work is done where it arose. */
    private static final long BYTES_MAX = 32 << 20;

    private final AtomicLong bytes = new AtomicLong();

    /** False when there is too much under way: the caller has to do the work. */
    boolean reserve(int held) {
        if (bytes.addAndGet(held) > BYTES_MAX) {
            bytes.addAndGet(-held);
            return false;
        }
        return true;
    }

    /**
     * Starts a task.
     *
     * @param reserved bytes that the task holds until it ends
     */
    void start(int reserved, Runnable task) {
        Threads.startVirtual(
                "takhin-aside",
                () -> {
                    try {
                        task.run();
                    } finally {
                        bytes.addAndGet(-reserved);
                    }
                });
    }
}
