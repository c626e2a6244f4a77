package io.takhin.log;

/** Who writes to a leader's log; how much is checked depends on it. */
public enum Origin {
    /** A producer: nothing it sends is trusted. */
    CLIENT,
    /** A coordinator of this broker: may write control records, has no sequence numbers. */
    COORDINATOR
}
