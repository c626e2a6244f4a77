package io.takhin.replication;

import org.apache.kafka.common.protocol.Errors;

/** Somebody who may go on once every record below an offset is safe on all in-sync replicas. */
public abstract class CommitWait {
    private final long offset;
    private final long deadlineNanos;

    /**
     * @param offset the first offset that need not be safe: last offset written plus one
     * @param deadlineNanos on the broker's clock
     */
    protected CommitWait(long offset, long deadlineNanos) {
        this.offset = offset;
        this.deadlineNanos = deadlineNanos;
    }

    final long offset() {
        return offset;
    }

    final boolean isLate(long nowNanos) {
        return deadlineNanos - nowNanos < 0;
    }

    /**
     * Called once, from any thread, with NONE or the reason why it will not happen. Must not block.
     */
    protected abstract void done(Errors outcome);
}
