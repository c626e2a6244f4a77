package io.takhin.log;

import io.takhin.protocol.RecordRegion;

/** How a read ended. */
public sealed interface LogRead {
    /**
     * Whole batches (the last one may be cut off, as Kafka's clients expect, unless it is the
     * first), beginning with the one that holds the offset asked for.
     *
     * @param endOffset all of them are smaller; the next ones may be, too, and many of them unless
     *     it was asked for
     */
    record Found(RecordRegion records, long endOffset) implements LogRead {}

    /** The offset is in range and nothing is there to read yet. */
    record Nothing() implements LogRead {}

    /**
     * The bytes lay on the disk before this process and nobody has looked at them yet.
     *
     * @param bytes about how many would be read
     * @param check to be run on a thread that may wait for the disk; reading again then finds them,
     *     or that they are damaged
     */
    record Unchecked(int bytes, Runnable check) implements LogRead {}

    /**
     * The batch at the offset is not what was written.
     *
     * @param where file and position
     */
    record Damaged(String where) implements LogRead {}

    /** The offset lies before the log's start or after its end. */
    record OutOfRange(long logStartOffset, long logEndOffset) implements LogRead {}
}
