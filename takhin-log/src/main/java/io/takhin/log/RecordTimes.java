package io.takhin.log;

import io.takhin.protocol.BatchHeader;

/**
 * The times that a batch's records have, milliseconds.
 *
 * <p>Threads: one.
 */
final class RecordTimes {
    private long oldest = Long.MAX_VALUE;
    private long newest = BatchHeader.NO_TIMESTAMP;

    /** {@link BatchHeader#NO_TIMESTAMP} is none. */
    void add(long timestamp) {
        if (timestamp != BatchHeader.NO_TIMESTAMP) {
            oldest = Math.min(oldest, timestamp);
            newest = Math.max(newest, timestamp);
        }
    }

    /** What belongs into the batch's header. */
    long newest() {
        return newest;
    }

    /** Whether all are as near to now as the topic wants them. */
    boolean areAllowed(LogConfig config, long nowMillis) {
        return oldest == Long.MAX_VALUE
                || (nowMillis - oldest <= config.timestampBeforeMaxMillis()
                        && newest - nowMillis <= config.timestampAfterMaxMillis());
    }

    @Override
    public String toString() {
        return oldest + " to " + newest;
    }
}
