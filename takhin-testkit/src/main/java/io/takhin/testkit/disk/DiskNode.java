package io.takhin.testkit.disk;

import java.util.random.RandomGenerator;

/** What a name of a directory leads to. Guarded by the disk's lock, as everything here. */
sealed interface DiskNode permits DiskFile, DiskFolder {
    /** Keeps what a power cut leaves, and nothing else. */
    void loseUnsynced(RandomGenerator random);

    /** When it was last written, milliseconds. */
    long modifiedMillis();

    void setModifiedMillis(long millis);
}
