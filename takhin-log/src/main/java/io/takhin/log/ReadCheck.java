package io.takhin.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * What has to be done before some bytes of a segment may be sent that nobody has looked at.
 *
 * <p>Threads: any; blocks for the disk.
 */
final class ReadCheck implements Runnable {
    private final LogState state;
    private final LogGuard guard;
    private final LogView view;
    private final Range range;

    /**
     * Bytes of a segment.
     *
     * @param index of the segment in the view
     * @param offset that a reader asked for, in the batch at {@code from} or before
     */
    record Range(int index, long offset, int from, int to) {}

    ReadCheck(LogState state, LogGuard guard, LogView view, Range range) {
        this.state = state;
        this.guard = guard;
        this.view = view;
        this.range = range;
    }

    /**
     * @throws KafkaStorageException when the disk failed, or the partition was deleted
     */
    @Override
    public void run() {
        note(guard.find(this::checkWhatIsThere));
    }

    /** A reader who comes with a newer view does not ask for what was deleted since. */
    private BatchCheck.Outcome checkWhatIsThere() throws IOException {
        try {
            return check();
        } catch (NoSuchFileException e) {
            if (!segment().file().isDeleted()) {
                throw e;
            }
            return new BatchCheck.Outcome(range.from, range.from);
        }
    }

    private Segment segment() {
        return view.segments().get(range.index);
    }

    private BatchCheck.Outcome check() throws IOException {
        int epoch = state.epochs.latest();
        BatchCheck.Outcome outcome = checkOnce(epoch);
        if (outcome.damaged() < 0) {
            return outcome;
        }
        // A batch must not be called damaged for an epoch that only the checkpoint lacks.
        boolean _ = new EpochCheck(state).run();
        return state.epochs.latest() == epoch ? outcome : checkOnce(state.epochs.latest());
    }

    private BatchCheck.Outcome checkOnce(int latestEpoch) throws IOException {
        Segment segment = segment();
        int bytes = view.sizeOf(range.index);
        BatchCheck.Bounds bounds =
                new BatchCheck.Bounds(
                        segment.baseOffset(), view.endOf(range.index), bytes, latestEpoch);
        FileChannel channel = segment.file().acquire();
        try {
            int start = segment.startFor(channel, range.offset, bytes);
            int from = range.from;
            BatchCheck check = new BatchCheck(channel, Math.min(start, from), from, bounds);
            BatchCheck.Outcome outcome = check.run(range.to);
            if (check.sawTransactions()) {
                state.hasTransactions = true;
            }
            return outcome;
        } catch (BatchScanner.TornReadException e) {
            // Cut short by somebody else, or by us since the view was taken.
            return new BatchCheck.Outcome(range.from, range.from);
        } finally {
            segment.file().release();
        }
    }

    private void note(BatchCheck.Outcome outcome) {
        segment().checked().add(range.from, outcome.goodTo());
        // A view from before a cut may point at bytes that were written anew meanwhile.
        if (outcome.damaged() >= 0 && state.view.cuts() == view.cuts()) {
            reportDamage(state, segment(), outcome.damaged());
        }
    }

    /** Says once, to people, where a damaged batch begins. */
    static String reportDamage(LogState state, Segment segment, int position) {
        String where = segment.file().path() + " at position " + position;
        if (segment.checked().addDamaged(position)) {
            state.host.damaged(state.partition, where);
        }
        return where;
    }
}
