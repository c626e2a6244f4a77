package io.takhin.network;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many connections may be open at a time, over all listeners that share this.
 *
 * <p>Threads: any.
 */
public final class ConnectionLimit {
    private final int max;
    private final String setBy;
    private final AtomicInteger open = new AtomicInteger();

    /**
     * @param setBy what an operator may change to have more, for the log
     */
    public ConnectionLimit(int max, String setBy) {
        if (max < 1) {
            throw new IllegalArgumentException("connections out of bounds: " + max);
        }
        this.max = max;
        this.setBy = setBy;
    }

    public int max() {
        return max;
    }

    public String setBy() {
        return setBy;
    }

    /** Counts one more, unless there are as many as may be. */
    boolean take() {
        return open.getAndUpdate(count -> Math.min(max, count + 1)) < max;
    }

    void giveBack() {
        open.decrementAndGet();
    }
}
