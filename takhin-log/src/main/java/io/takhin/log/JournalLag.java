package io.takhin.log;

import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.stream.Stream;

/**
 * What the journal has of one log and its segments do not have for certain: how much, where it
 * lies, and how far the segments have caught up.
 *
 * <p>Threads: any may ask for {@link #bytes}; the flusher notes entries; one thread at a time has
 * {@linkplain #takeSettling taken} the settling. Everything else is guarded by the log's lock.
 */
final class JournalLag {
    private static final AtomicIntegerFieldUpdater<JournalLag> SETTLING =
            AtomicIntegerFieldUpdater.newUpdater(JournalLag.class, "settling");

    /** Segments with bytes that are durable in the journal only. */
    private List<Segment> segments = List.of();

    /** All bytes that only the journal had when they became durable. */
    private volatile long journalledBytes;

    /** So many of them are durable in the segments too. */
    private volatile long settledBytes;

    /** 1 while somebody does. */
    @SuppressWarnings("UnusedVariable") // By its updater.
    private volatile int settling;

    /**
     * Of the newest entry of this log in the journal; only the flusher asks, once logs are open.
     */
    private volatile long generation;

    /**
     * As it was at one moment: what is durable in the segments once these are synced.
     *
     * @param bytes of the journal's that the segments have then, since the log was opened
     */
    record Step(List<Segment> segments, long bytes) {}

    /** How much the segments lag behind the journal; not counting what a start put back. */
    long bytes() {
        return journalledBytes - settledBytes;
    }

    /** Returns whether this is the log's first entry of the generation. */
    boolean enter(long newGeneration) {
        boolean first = generation != newGeneration;
        generation = newGeneration;
        return first;
    }

    /** Whether the journal may have entries that a start would put back. */
    boolean hasEntriesSince(long oldestGeneration) {
        return generation >= oldestGeneration;
    }

    /** A start put something back into these, or found it there: nobody knows which. */
    void restored(List<Segment> behind) {
        segments = List.copyOf(behind);
    }

    /** So many bytes of the segment are durable, in the journal. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // Only ever changed under the log's lock.
    void grow(Segment segment, int bytes) {
        journalledBytes += bytes;
        if (!segments.contains(segment)) {
            segments = Stream.concat(segments.stream(), Stream.of(segment)).toList();
        }
    }

    /** All there is to settle now. */
    Step step() {
        return new Step(segments, journalledBytes);
    }

    void settled(Step step) {
        settledUpTo(step.bytes);
    }

    void settledAll() {
        settledUpTo(journalledBytes);
    }

    private void settledUpTo(long bytes) {
        settledBytes = Math.max(settledBytes, bytes);
        if (settledBytes == journalledBytes) {
            segments = List.of();
        }
    }

    /** True when nobody else is about to settle the log. */
    boolean takeSettling() {
        return SETTLING.compareAndSet(this, 0, 1);
    }

    void endSettling() {
        settling = 0;
    }
}
