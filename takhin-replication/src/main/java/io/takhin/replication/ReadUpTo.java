package io.takhin.replication;

/** How far a reader may see. Consumers and followers share every line of the read path but this. */
public enum ReadUpTo {
    /** A follower: everything that was written. */
    LOG_END,
    /** A consumer: what cannot be lost. */
    HIGH_WATERMARK,
    /** A consumer of committed transactions: nothing past the first open one. */
    LAST_STABLE
}
