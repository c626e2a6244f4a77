package io.takhin.log;

/** Told when more of a log has reached the disk. */
@FunctionalInterface
public interface DurableListener {
    /**
     * Called on the thread that flushed, without any lock of the log held; must be quick.
     *
     * @param offset everything below it survives a power cut
     */
    void durableUpTo(PartitionLog log, long offset);
}
