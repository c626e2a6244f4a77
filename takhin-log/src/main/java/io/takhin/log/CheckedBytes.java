package io.takhin.log;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

/**
 * Which bytes of a segment are known to be what was once written. What this process wrote, or
 * checked when it recovered the log, is known to be; what lay on the disk before becomes so when
 * the first reader of it has it checked. Costs nothing for a segment that is all known, and a few
 * bytes for one that is being read.
 *
 * <p>Threads: any.
 */
final class CheckedBytes {
    /** Readers at so many places at once are told apart; what is forgotten is checked again. */
    private static final int RANGES_MAX = 16;

    private static final int[] NONE = {};

    private static final State ALL_KNOWN = new State(0, NONE, NONE);

    private static final AtomicReferenceFieldUpdater<CheckedBytes, State> STATE =
            AtomicReferenceFieldUpdater.newUpdater(CheckedBytes.class, State.class, "state");

    private volatile State state;

    /** Immutable. Ranges are pairs of begin and end, apart from each other, the newest last. */
    private static final class State {
        private final int knownFrom;
        private final int[] ranges;
        private final int[] damaged;

        private State(int knownFrom, int[] ranges, int[] damaged) {
            this.knownFrom = knownFrom;
            this.ranges = ranges;
            this.damaged = damaged;
        }
    }

    /**
     * @param unknown how many bytes at the begin nobody has looked at
     */
    CheckedBytes(int unknown) {
        state = unknown == 0 ? ALL_KNOWN : new State(unknown, NONE, NONE);
    }

    /** Whether some were there before this process, and recovery did not look at them. */
    boolean hasOld() {
        return state.knownFrom > 0;
    }

    /** Up to where all is known from the position on; the position itself where nothing is. */
    int knownTo(int position) {
        State now = state;
        if (position >= now.knownFrom) {
            return Integer.MAX_VALUE;
        }
        for (int i = 0; i < now.ranges.length; i += 2) {
            if (now.ranges[i] <= position && position < now.ranges[i + 1]) {
                return now.ranges[i + 1] >= now.knownFrom ? Integer.MAX_VALUE : now.ranges[i + 1];
            }
        }
        return position;
    }

    /** Whether a damaged batch is known to begin at the position. */
    boolean isDamaged(int position) {
        return Arrays.binarySearch(state.damaged, position) >= 0;
    }

    /** All from the position on was checked, or written by this process. */
    void addTail(int position) {
        STATE.updateAndGet(
                this, now -> new State(Math.min(now.knownFrom, position), now.ranges, now.damaged));
    }

    void add(int from, int to) {
        if (from < to) {
            STATE.updateAndGet(
                    this,
                    now ->
                            new State(
                                    now.knownFrom,
                                    bounded(merged(now.ranges, from, to)),
                                    now.damaged));
        }
    }

    /** False where this was known before. */
    boolean addDamaged(int position) {
        State before =
                STATE.getAndUpdate(
                        this,
                        now ->
                                Arrays.binarySearch(now.damaged, position) >= 0
                                        ? now
                                        : new State(
                                                now.knownFrom,
                                                now.ranges,
                                                with(now.damaged, position)));
        return Arrays.binarySearch(before.damaged, position) < 0;
    }

    /** Bytes from the position on are gone; what comes in their place is written by us. */
    void cutTo(int position) {
        STATE.updateAndGet(
                this,
                now ->
                        new State(
                                Math.min(now.knownFrom, position),
                                now.ranges,
                                Arrays.stream(now.damaged).filter(at -> at < position).toArray()));
    }

    private static int[] merged(int[] ranges, int from, int to) {
        int[] merged = new int[ranges.length + 2];
        int begin = from;
        int end = to;
        int count = 0;
        for (int i = 0; i < ranges.length; i += 2) {
            boolean apart = ranges[i + 1] < begin || ranges[i] > end;
            if (apart) {
                merged[count++] = ranges[i];
                merged[count++] = ranges[i + 1];
            } else {
                begin = Math.min(begin, ranges[i]);
                end = Math.max(end, ranges[i + 1]);
            }
        }
        merged[count++] = begin;
        merged[count++] = end;
        return Arrays.copyOf(merged, count);
    }

    /**
     * The smallest one goes, but of the older half: whoever had bytes checked must find them so
     * when he looks again, however many others do the same.
     */
    private static int[] bounded(int[] ranges) {
        if (ranges.length <= 2 * RANGES_MAX) {
            return ranges;
        }
        int smallest = 0;
        for (int i = 2; i < RANGES_MAX; i += 2) {
            if (ranges[i + 1] - ranges[i] < ranges[smallest + 1] - ranges[smallest]) {
                smallest = i;
            }
        }
        int[] kept = new int[ranges.length - 2];
        System.arraycopy(ranges, 0, kept, 0, smallest);
        System.arraycopy(ranges, smallest + 2, kept, smallest, kept.length - smallest);
        return kept;
    }

    private static int[] with(int[] sorted, int added) {
        int[] longer = Arrays.copyOf(sorted, sorted.length + 1);
        longer[sorted.length] = added;
        Arrays.sort(longer);
        return longer;
    }
}
