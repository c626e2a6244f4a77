package io.takhin.base;

/** Where time comes from. Everything that decides by time takes one, so that tests own it. */
public interface Clock {
    /** The machine's own time. */
    Clock SYSTEM =
            new Clock() {
                @Override
                public long wallMillis() {
                    return System.currentTimeMillis();
                }

                @Override
                public long nanos() {
                    return System.nanoTime();
                }
            };

    /** Milliseconds since the epoch; may jump either way when the machine's clock is set. */
    long wallMillis();

    /** Nanoseconds from an arbitrary origin; never goes back. For durations only. */
    long nanos();
}
