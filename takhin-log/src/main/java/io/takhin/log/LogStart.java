package io.takhin.log;

import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Moves a log's start forward, and drops the segments that lie below it: one after the other, each
 * once it is durable that the one before is gone, and none that is not durable itself, so that
 * whatever a crash leaves of them, or brings back, is in one piece with what is behind. Nobody who
 * appends waits for that, but where transactions were rolled back in what goes, or a snapshot of
 * producer state has to be made or synced first.
 *
 * <p>Threads: any; takes the log's lock for each step.
 */
final class LogStart {
    private final LogState state;
    private final LogGuard guard;
    private final LogCutter cutter;
    private final LogDurability durability;

    /**
     * Segments dropped so far, and how many of them the disk knows of. Guarded by the log's lock.
     */
    private long dropped;

    private long durablyDropped;

    LogStart(LogState state, LogGuard guard, LogCutter cutter, LogDurability durability) {
        this.state = state;
        this.guard = guard;
        this.cutter = cutter;
        this.durability = durability;
    }

    /** Records below the offset are gone for every reader, and files that hold only such go. */
    void advance(long offset) {
        guard.change(() -> move(offset));
        dropBelow();
    }

    /** The first half of {@link #advance}, for who holds the lock. */
    void move(long offset) throws IOException {
        LogView view = state.view;
        if (offset > view.end()) {
            throw new IllegalArgumentException(
                    "the log ends at " + view.end() + " and cannot start at " + offset);
        }
        if (offset > view.start()) {
            state.view = view.withStart(offset);
            state.epochs.truncateFromStart(offset);
            state.writeEpochsWhenPossible();
        }
    }

    /** The second half. */
    void dropBelow() {
        for (boolean more = true; more; ) {
            Segment first = durableFirst();
            long toSync = unknownToTheDisk();
            if (toSync > 0) {
                var _ =
                        guard.find(() -> {
                            state.syncDirectory();
                            return true;
                        });
            }
            more = dropFirst(first, toSync);
        }
    }

    /**
     * The first segment, where it is to go, and durable: a sync finds nothing of it afterwards that
     * only the journal has, or nobody.
     */
    private @Nullable Segment durableFirst() {
        LogView view = state.view;
        if (!isFirstBelow(view)) {
            return null;
        }
        Segment first = view.segments().getFirst();
        if (view.endOf(0) > durability.segmentsEnd() && !first.file().isKnownSynced()) {
            var _ =
                    guard.find(() -> {
                        state.host.openFiles().patiently(first.file()::sync);
                        return true;
                    });
        }
        return first;
    }

    /** How many were dropped ever, where another one is to follow that must wait for their sync. */
    private long unknownToTheDisk() {
        state.lock.lock();
        try {
            return dropped > durablyDropped && isFirstBelow(state.view) ? dropped : 0;
        } finally {
            state.lock.unlock();
        }
    }

    private static boolean isFirstBelow(LogView view) {
        return view.segments().size() > 1 && view.endOf(0) <= view.start();
    }

    /** Returns whether there is another one. */
    private boolean dropFirst(@Nullable Segment durable, long synced) {
        boolean[] more = new boolean[1];
        guard.change(() -> {
            durablyDropped = Math.max(durablyDropped, synced);
            if (isFirstBelow(state.view)
                    && dropped == durablyDropped
                    && state.view.segments().getFirst() == durable) {
                dropFirst(state.view);
            }
            more[0] = isFirstBelow(state.view);
        });
        return more[0];
    }

    private void dropFirst(LogView view) throws IOException {
        state.withdrawAnnounced();
        state.snapshots.forgetDropped();
        state.host.openFiles().patiently(() -> keepProducers(view));
        if (!view.segments().get(1).isNamed()) {
            // Or a power cut could take both names, and with them where the log ends.
            state.syncDirectory();
        }
        List<Segment> kept = view.segments().subList(1, view.segments().size());
        state.view =
                new LogView(
                        List.copyOf(kept),
                        view.start(),
                        view.end(),
                        view.endPosition(),
                        view.cuts());
        Segment first = view.segments().getFirst();
        cutter.discard(first);
        state.snapshots.dropped(first.baseOffset());
        dropped++;
        state.namesChanged = true;
    }

    /** Who wrote the records that go is known from the snapshot behind them alone. */
    private void keepProducers(LogView view) throws IOException {
        long next = view.segments().get(1).baseOffset();
        if (!state.producers.isEmpty() && !state.snapshots.hasWhole(next)) {
            // A start after a crash writes them anew, and another crash may take that.
            ProducerState producers = new ProducerState();
            Segment first = view.segments().getFirst();
            state.snapshots.load(producers, first.baseOffset(), next);
            ProducerReplay.run(
                    producers,
                    new LogView(List.of(first), view.start(), next, first.size(), view.cuts()),
                    ProducerReplay.STATE_ONLY);
            take(producers);
        }
        if (!state.snapshots.areSynced()) {
            state.snapshots.sync();
        }
    }

    private void take(ProducerState producers) throws IOException {
        try {
            state.snapshots.take(producers);
        } catch (IOException e) {
            // Nothing was dropped yet.
            throw ShortageException.isCauseOf(e) ? new ShortageException(e) : e;
        }
    }
}
