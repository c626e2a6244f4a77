package io.takhin.log;

/**
 * Told how far the reading back of a data directory's logs has come.
 *
 * <p>Threads: called by the one that opens the directory.
 */
@FunctionalInterface
public interface RecoveryListener {
    RecoveryListener NONE = (done, total) -> {};

    /** Of so many partitions so many are read back. */
    void readBack(int done, int total);
}
