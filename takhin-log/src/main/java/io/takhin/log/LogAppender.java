package io.takhin.log;

import io.takhin.log.file.ShortageException;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches to the end of a log: gives them their place, opens a new segment where one is
 * full, and tells producer state, epochs and readers.
 *
 * <p>Threads: guarded by the log's lock, but for the checks that need none.
 */
final class LogAppender {
    private final LogState state;

    LogAppender(LogState state) {
        this.state = state;
    }

    /** What is needed to know of some batches before they are written. */
    private record Extent(long firstOffset, long lastOffset, long maxTimestamp) {
        static Extent of(ByteBuffer batches) {
            long last = -1;
            long newest = BatchHeader.NO_TIMESTAMP;
            int end = batches.limit();
            for (int at = batches.position();
                    at < end;
                    at += BatchHeader.sizeInBytes(batches, at)) {
                last = BatchHeader.lastOffset(batches, at);
                newest = Math.max(newest, BatchHeader.maxTimestamp(batches, at));
            }
            return new Extent(BatchHeader.baseOffset(batches, batches.position()), last, newest);
        }
    }

    /** Checked already: every batch is whole and allowed. */
    Append appendAsLeader(ByteBuffer batches, int leaderEpoch, Origin origin, long appendTime)
            throws IOException {
        if (batches.remaining() > state.config.segmentBytes()) {
            return new Append.Refused(
                    Errors.RECORD_LIST_TOO_LARGE,
                    batches.remaining() + " bytes do not fit a segment");
        }
        Append refused = checkProducers(batches, origin);
        if (refused != null) {
            return refused;
        }
        long first = state.view.end();
        long next = first;
        int end = batches.limit();
        for (int at = batches.position(); at < end; at += BatchHeader.sizeInBytes(batches, at)) {
            BatchHeader.setBaseOffset(batches, at, next);
            BatchHeader.setLeaderEpoch(batches, at, leaderEpoch);
            next += BatchHeader.lastOffsetDelta(batches, at) + 1L;
        }
        write(batches);
        return new Append.Done(first, next - 1, appendTime, state.view.start());
    }

    private @Nullable Append checkProducers(ByteBuffer batches, Origin origin) {
        int end = batches.limit();
        for (int at = batches.position(); at < end; at += BatchHeader.sizeInBytes(batches, at)) {
            if (BatchHeader.hasProducerId(batches, at)) {
                ProducerState.Verdict verdict = state.producers.check(batches, at, origin);
                if (verdict != null) {
                    return answer(verdict);
                }
            }
        }
        return null;
    }

    private Append answer(ProducerState.Verdict verdict) {
        return switch (verdict) {
            case ProducerState.Verdict.Refused(Errors error, String why) ->
                    new Append.Refused(error, why);
            case ProducerState.Verdict.AlreadyWritten(Producer.RememberedBatch batch) ->
                    new Append.Duplicate(
                            batch.firstOffset(),
                            batch.lastOffset(),
                            state.config.timestampType() == TimestampType.LOG_APPEND_TIME
                                    ? batch.timestamp()
                                    : BatchHeader.NO_TIMESTAMP,
                            state.view.start());
        };
    }

    /** Shortens the buffer to the whole batches in it, and checks that they may follow the log. */
    static void checkReplicated(ByteBuffer batches, long logEnd) {
        int at = batches.position();
        long next = logEnd;
        while (batches.limit() - at >= BatchHeader.BYTES) {
            int size = BatchHeader.sizeInBytes(batches, at);
            if (size >= BatchHeader.BYTES && size > batches.limit() - at) {
                break;
            }
            checkBytes(batches, at, size);
            long last = BatchHeader.lastOffset(batches, at);
            if (last < next) {
                throw new IllegalArgumentException(
                        "a batch that ends at offset " + last + " cannot follow " + (next - 1));
            }
            next = last + 1;
            at += size;
        }
        // A fetch answer may end in the middle of a batch; the rest comes with the next one.
        batches.limit(at);
    }

    private static void checkBytes(ByteBuffer batches, int at, int size) {
        if (size < BatchHeader.BYTES || BatchHeader.magic(batches, at) != BatchHeader.MAGIC) {
            throw new CorruptRecordException("no record batch, size " + size);
        }
        if (BatchHeader.lastOffsetDelta(batches, at) < 0 || !BatchHeader.isCrcValid(batches, at)) {
            throw new CorruptRecordException(
                    "damaged batch at offset " + BatchHeader.baseOffset(batches, at));
        }
    }

    /**
     * Offsets and epochs are final.
     *
     * @throws ShortageException when there is no space; the log is then as it was before
     */
    void write(ByteBuffer batches) throws IOException {
        List<LeaderEpochs.Entry> epochs = state.epochs.entries();
        try {
            writeAll(batches);
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e)) {
                throw e;
            }
            state.epochs.restore(epochs);
            state.host.openFiles().changing(this::undo);
            throw new ShortageException(e);
        } catch (RuntimeException | Error e) {
            // A batch that the view does not know would stay before the next one of its offsets.
            state.epochs.restore(epochs);
            state.host.openFiles().changing(this::undo);
            throw e;
        }
    }

    /** Takes back what the view does not know: batches whose abort marker found no place. */
    private void undo() throws IOException {
        LogView view = state.view;
        if (!view.segments().isEmpty() && view.active().size() > view.endPosition()) {
            view.active().truncateTo(view.endPosition(), view.end());
            // Or a crash could leave them in the place of the next ones, and the journal not
            // bring those back.
            view.active().file().sync();
            LogCutter.rebuildProducers(state, view.end());
        }
    }

    private void writeAll(ByteBuffer batches) throws IOException {
        Extent extent = Extent.of(batches);
        Segment segment = segmentFor(batches.remaining(), extent);
        int from = batches.position();
        int end = batches.limit();
        noteEpochs(batches);
        segment.append(batches, state.config.indexIntervalBytes());
        for (int at = from; at < end; at += BatchHeader.sizeInBytes(batches, at)) {
            state.producers.update(batches, at, txn -> addAborted(segment, txn));
        }
        LogView view = state.view;
        state.view =
                new LogView(
                        view.segments(),
                        view.start(),
                        extent.lastOffset() + 1,
                        segment.size(),
                        view.cuts());
    }

    private void addAborted(Segment segment, AbortedTransaction transaction) throws IOException {
        // The first one makes the file.
        state.namesChanged |= segment.transactions().isEmpty();
        segment.transactions().append(transaction);
    }

    private void noteEpochs(ByteBuffer batches) throws IOException {
        int end = batches.limit();
        for (int at = batches.position(); at < end; at += BatchHeader.sizeInBytes(batches, at)) {
            int epoch = BatchHeader.leaderEpoch(batches, at);
            if (epoch >= 0) {
                state.epochs.assign(epoch, BatchHeader.baseOffset(batches, at));
            }
        }
        // Before the records: a file that knows too much is cut on recovery, one that knows too
        // little would be believed.
        state.host.openFiles().retrying(() -> state.epochs.write(state.directory));
    }

    private Segment segmentFor(int bytes, Extent extent) throws IOException {
        LogView view = state.view;
        if (view.segments().isEmpty()) {
            return roll(extent.firstOffset());
        }
        Segment active = view.active();
        RollRule roll =
                new RollRule(
                        state.config,
                        bytes,
                        extent.maxTimestamp(),
                        extent.lastOffset(),
                        state.host.clock().wallMillis());
        // Where the one before ends, also if a leader's compacted log goes on later: so a gap
        // between two segments says that something was lost.
        boolean fits = extent.lastOffset() - view.end() <= Integer.MAX_VALUE;
        long base = fits ? view.end() : extent.firstOffset();
        return !roll.isDue(active) || active.baseOffset() == base ? active : roll(base);
    }

    /** Closes the active segment, if there is one, and begins another. */
    Segment roll(long baseOffset) throws IOException {
        LogView view = state.view;
        if (!view.segments().isEmpty()) {
            view.active().finishIndexes();
            if (!view.active().isNamed()) {
                // Or the next one's name could survive a power cut, and this one's not. Seldom: a
                // flush comes before a segment is full.
                state.syncDirectory();
                view.active().setNamed();
            }
            state.producers.setEndOffset(baseOffset);
            state.host.openFiles().retrying(() -> state.snapshots.take(state.producers));
        }
        Segment opened =
                new Segment(
                        state.host.openFiles(),
                        state.directory,
                        baseOffset,
                        0,
                        state.host.clock().wallMillis());
        opened.createFile();
        if (!view.segments().isEmpty()) {
            state.noteClosed(view.active());
        }
        state.namesChanged = true;
        List<Segment> segments = new ArrayList<>(view.segments());
        segments.add(opened);
        state.view = new LogView(List.copyOf(segments), view.start(), view.end(), 0, view.cuts());
        return opened;
    }
}
