package io.takhin.log;

import io.takhin.log.journal.JournalContents;
import io.takhin.log.journal.JournalFormat;
import java.util.ArrayList;
import java.util.List;

/**
 * One of the two halves of a journal: while one is written, segments catch up with the other.
 *
 * <p>Threads: a half belongs to the flusher while it is free or in use, and to the keeper while it
 * is unprepared or full; who changes the state hands it over. Anybody may look at the state, the
 * generation and how far it is filled.
 */
final class JournalHalf {
    enum State {
        /** Its bytes have no place on the disk yet. */
        UNPREPARED,
        /** Holds nothing of its generation. */
        FREE,
        IN_USE,
        /** Segments must catch up with what it holds before it is used again. */
        FULL
    }

    private final int index;
    private volatile State state = State.UNPREPARED;
    private volatile long generation;
    private volatile int filled = JournalFormat.BLOCK_BYTES;
    private int round = 1;

    /** Logs that have entries here. */
    private final List<PartitionLog> logs = new ArrayList<>();

    JournalHalf(int index) {
        this.index = index;
    }

    int index() {
        return index;
    }

    State state() {
        return state;
    }

    boolean is(State wanted) {
        return state == wanted;
    }

    long generation() {
        return generation;
    }

    /** Position behind the last entry, from the half's begin. */
    int filled() {
        return filled;
    }

    /** Which of its rounds is being written, as entries have it. */
    int round() {
        return round;
    }

    void endRound() {
        round = JournalFormat.nextRound(round);
    }

    boolean holdsEntries() {
        return state == State.IN_USE || state == State.FULL;
    }

    List<PartitionLog> logs() {
        return logs;
    }

    /** To the flusher: nothing is in it, and entries get this generation. */
    void free(long newGeneration) {
        logs.clear();
        generation = newGeneration;
        filled = JournalFormat.BLOCK_BYTES;
        round = 1;
        state = State.FREE;
    }

    void use() {
        state = State.IN_USE;
    }

    void fillTo(int position) {
        filled = position;
    }

    /** To the keeper. */
    void close() {
        state = State.FULL;
    }

    /** What the process before left in it. */
    void found(JournalContents.Half half) {
        if (half instanceof JournalContents.Half.Prepared prepared) {
            if (prepared.empty()) {
                free(prepared.generation());
            } else {
                generation = prepared.generation();
                filled = prepared.filled();
                state = State.FULL;
            }
        }
    }
}
