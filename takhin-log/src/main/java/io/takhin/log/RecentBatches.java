package io.takhin.log;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Where the last few batches of a segment begin, so that whoever reads at the tail (nearly
 * everybody) needs no index and no look at the file.
 *
 * <p>Threads: one adds, anybody finds; a pair is one word and never torn.
 */
final class RecentBatches {
    private static final int COUNT = 32;
    private static final long NONE = -1;

    private final AtomicLongArray pairs;
    private int next;

    RecentBatches() {
        long[] empty = new long[COUNT];
        Arrays.fill(empty, NONE);
        pairs = new AtomicLongArray(empty);
    }

    void add(long relativeOffset, int position) {
        pairs.setRelease(next, relativeOffset << 32 | position);
        next = (next + 1) % COUNT;
    }

    /** The position of the batch that begins with the offset; -1 where it is not known. */
    int find(long relativeOffset) {
        for (int i = 0; i < COUNT; i++) {
            long pair = pairs.getAcquire(i);
            if (pair != NONE && pair >>> 32 == relativeOffset) {
                return (int) pair;
            }
        }
        return -1;
    }
}
