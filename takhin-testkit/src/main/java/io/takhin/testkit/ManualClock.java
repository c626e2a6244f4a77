package io.takhin.testkit;

import io.takhin.base.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that moves only when a test says so. */
public final class ManualClock implements Clock {
    private final AtomicLong nanos = new AtomicLong();
    private final long startMillis;

    public ManualClock(long startMillis) {
        this.startMillis = startMillis;
    }

    /** Moves both times forward. */
    public void advance(Duration by) {
        nanos.addAndGet(by.toNanos());
    }

    @Override
    public long wallMillis() {
        return startMillis + nanos.get() / 1_000_000;
    }

    @Override
    public long nanos() {
        return nanos.get();
    }
}
