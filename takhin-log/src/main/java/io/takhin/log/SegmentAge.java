package io.takhin.log;

import io.takhin.log.file.SharedFile;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * From when a segment's age counts: as in Kafka's {@code LogSegment.timeWaitedForRoll} from the
 * time of its first batch, and where there is none, from when the segment was made. So too where
 * that time lies in the future: the segment would else stay open for so long, and all its records
 * with it (ADR 15).
 *
 * <p>Threads: whoever has the segment.
 */
final class SegmentAge {
    private static final long NOT_READ = Long.MIN_VALUE;

    private final SharedFile file;

    /** Negative where the first batch has none. */
    private volatile long firstTimestamp = NOT_READ;

    /** The latest that it can be. */
    private volatile long createdMillis;

    private volatile boolean createdKnown;

    /**
     * @param openedMillis when it was made, or found by a start
     */
    SegmentAge(SharedFile file, long openedMillis, boolean isNew) {
        this.file = file;
        this.createdMillis = openedMillis;
        this.createdKnown = isNew;
    }

    /** Milliseconds. */
    long beganAt(int size, long nowMillis) throws IOException {
        return isBelievable(size, nowMillis) ? firstTimestamp : createdAt();
    }

    /** Whether the first batch has a time that can count. */
    boolean isBelievable(int size, long nowMillis) throws IOException {
        if (firstTimestamp == NOT_READ) {
            firstTimestamp = readFirstTimestamp(size);
        }
        return firstTimestamp >= 0 && firstTimestamp <= nowMillis;
    }

    private long readFirstTimestamp(int size) throws IOException {
        FileChannel channel = file.acquire();
        try {
            BatchScanner scanner = new BatchScanner(channel, 0, size, BatchHeader.BYTES);
            return scanner.next()
                    ? BatchHeader.maxTimestamp(scanner.buffer(), scanner.at())
                    : BatchHeader.NO_TIMESTAMP;
        } finally {
            file.release();
        }
    }

    /** After a restart the file is asked, once: else each would make the segment younger. */
    private long createdAt() throws IOException {
        if (!createdKnown) {
            BasicFileAttributes found =
                    Files.readAttributes(file.path(), BasicFileAttributes.class);
            createdMillis =
                    Math.min(
                            createdMillis,
                            Math.min(
                                    found.creationTime().toMillis(),
                                    found.lastModifiedTime().toMillis()));
            createdKnown = true;
        }
        return createdMillis;
    }

    /** The first batch was written. */
    void began(long timestamp) {
        firstTimestamp = timestamp;
    }

    /** Nothing is left in it. */
    void emptied() {
        firstTimestamp = NOT_READ;
    }
}
