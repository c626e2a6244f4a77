package io.takhin.replication;

/**
 * Told that a partition has something new to read, or that it will not be read here any more. One
 * object registers with every partition of a long poll.
 */
public interface AdvanceSignal {
    /** Called from any thread, often; must be quick. */
    void advanced(Partition partition);
}
