package io.takhin.broker;

import io.takhin.base.Threads;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Stops the program when the process is told to end (SIGTERM, SIGINT), and ends it with exit code
 * 0: a stop that was asked for is no failure, though the JVM would report the signal.
 *
 * <p>Threads: the JVM's shutdown thread, or the one that calls {@link #closeNow}; only the first of
 * them closes.
 */
final class StopSignal {
    /** Below the 30 s that service managers wait before they kill. */
    private static final long STOP_SECONDS_MAX = 25;

    private static final int TOO_SLOW = 1;

    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile Runnable close = () -> {};

    private StopSignal() {}

    /** From now on a signal ends the process with exit code 0. */
    static StopSignal install() {
        StopSignal signal = new StopSignal();
        Runtime.getRuntime()
                .addShutdownHook(Threads.factory("shutdown").newThread(signal::onShutdown));
        return signal;
    }

    /** Says what there is to close, once there is something. */
    void closes(Runnable newClose) {
        close = newClose;
    }

    /** Closes outside a shutdown, and leaves the exit code to the caller. */
    void closeNow() {
        if (closed.compareAndSet(false, true)) {
            close.run();
        }
    }

    private void onShutdown() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        CountDownLatch done = new CountDownLatch(1);
        Threads.start("closer", () -> closeAndReport(done));
        Runtime.getRuntime().halt(await(done) ? 0 : TOO_SLOW);
    }

    private void closeAndReport(CountDownLatch done) {
        try {
            close.run();
        } finally {
            done.countDown();
        }
    }

    private static boolean await(CountDownLatch done) {
        try {
            return done.await(STOP_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
