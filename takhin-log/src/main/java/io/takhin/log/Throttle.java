package io.takhin.log;

import io.takhin.base.Clock;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Holds background work to a number of bytes a second, so that it does not take the disk from those
 * who wait for it.
 *
 * <p>Threads: one at a time.
 */
final class Throttle {
    private static final long SECOND = 1_000_000_000;

    /** What may be used up at once after a pause. */
    private static final long BURST_NANOS = SECOND / 10;

    /** So that whoever waits sees soon that it is to stop. */
    private static final long NAP_NANOS_MAX = SECOND / 10;

    private final Clock clock;
    private final long bytesPerSecond;

    /** When all that was used up is paid for. */
    private long paidAt;

    /**
     * @param bytesPerSecond 0: as many as there are
     */
    Throttle(Clock clock, long bytesPerSecond) {
        this.clock = clock;
        this.bytesPerSecond = bytesPerSecond;
        this.paidAt = clock.nanos();
    }

    /** Notes bytes that were read or written, and tells for how long to wait, nanoseconds. */
    long use(long bytes) {
        if (bytesPerSecond == 0) {
            return 0;
        }
        long now = clock.nanos();
        paidAt =
                Math.max(paidAt, now - BURST_NANOS)
                        + Math.round(bytes * ((double) SECOND / bytesPerSecond));
        return Math.max(0, paidAt - now);
    }

    /** The same, and waits. */
    void pace(long bytes, BooleanSupplier stopped) {
        use(bytes);
        for (long left = paidAt - clock.nanos();
                bytesPerSecond > 0 && left > 0 && !stopped.getAsBoolean();
                left = paidAt - clock.nanos()) {
            LockSupport.parkNanos(this, Math.min(left, NAP_NANOS_MAX));
        }
    }
}
