package io.takhin.log;

import io.takhin.log.HeaderWalk.DamagedBatchException;
import io.takhin.log.file.FileRegion;
import io.takhin.log.file.SharedFile;
import io.takhin.log.index.OffsetPosition;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.jspecify.annotations.Nullable;

/**
 * Finds things in a log.
 *
 * <p>Threads: any, without a lock: each search works on one {@link LogView}, and is done again on a
 * newer one if the log was cut, or its segments were replaced, under it. Only who meets files in
 * the middle of a cut waits until that is over.
 */
final class LogReader {
    private static final LogRead NOTHING = new LogRead.Nothing();

    /** Behind the end of a log: taken to be in the page cache still. */
    private static final int RECENT_BYTES = 64 << 20;

    private final LogState state;
    private final LogGuard guard;

    LogReader(LogState state, LogGuard guard) {
        this.state = state;
        this.guard = guard;
    }

    /** One search; may fail in odd ways when the log is cut while it runs. */
    @FunctionalInterface
    interface Search<T> {
        T in(LogView view) throws IOException;
    }

    /** A batch that was found. */
    private record Place(int position, int sizeInBytes) {}

    <T> T search(Search<T> search) throws IOException {
        while (true) {
            LogView view = state.view;
            try {
                return search.in(view);
            } catch (BatchScanner.TornReadException
                    | NoSuchFileException
                    | CorruptRecordException e) {
                LogView now = viewAfterCut();
                boolean same = now.cuts() == view.cuts() && now.start() == view.start();
                if (same && now.segments().equals(view.segments())) {
                    throw e;
                }
            }
        }
    }

    /** Who cuts a log, holding its lock, changes files first and publishes the view at the end. */
    private LogView viewAfterCut() {
        state.lock.lock();
        try {
            return state.view;
        } finally {
            state.lock.unlock();
        }
    }

    LogRead read(Wish wish) throws IOException {
        try {
            return find(wish);
        } catch (DamagedBatchException e) {
            return new LogRead.Damaged(ReadCheck.reportDamage(state, e.segment(), e.position()));
        }
    }

    private LogRead find(Wish wish) throws IOException {
        return search(view -> {
            if (wish.offset() < view.start() || wish.offset() > view.end()) {
                return new LogRead.OutOfRange(view.start(), view.end());
            }
            return wish.offset() >= Math.min(wish.endOffset(), view.end())
                    ? NOTHING
                    : readIn(view, wish);
        });
    }

    private LogRead readIn(LogView view, Wish wish) throws IOException {
        for (int i = Math.max(0, view.indexOf(wish.offset())); i < view.segments().size(); i++) {
            Segment segment = view.segments().get(i);
            SharedFile file = segment.file();
            FileChannel channel = file.acquire();
            boolean handedOver = false;
            try {
                int from = positionIn(view, i, channel, wish.offset());
                if (from >= 0) {
                    int limit = limitIn(view, i, channel, wish.endOffset());
                    int length = lengthOf(segment, channel, from, limit, wish);
                    if (length <= 0) {
                        return NOTHING;
                    }
                    int to = Math.min(from + length, segment.checked().knownTo(from));
                    if (to < from + length && !(to > from && segment.checked().isDamaged(to))) {
                        return unchecked(view, i, wish, to, from + length);
                    }
                    boolean old = !view.isLast(i) || view.endPosition() - from > RECENT_BYTES;
                    FileRegion region = new FileRegion(file, channel, from, to - from, old);
                    boolean isWhole = to >= limit || !wish.endIsAsked();
                    long end = isWhole ? wish.endOffset() : endOf(view, i, channel, to);
                    handedOver = true;
                    return new LogRead.Found(region, Math.min(end, wish.endOffset()));
                }
            } finally {
                if (!handedOver) {
                    file.release();
                }
            }
            // The segment ends below the offset although the next one begins above it: compaction
            // took the records in between.
        }
        return NOTHING;
    }

    /**
     * An offset that no batch reaches which begins before the position. Held against the file, as
     * in {@link Segment#startFor}.
     */
    private static long endOf(LogView view, int index, FileChannel channel, int position)
            throws IOException {
        int end = view.sizeOf(index);
        OffsetPosition entry = view.segments().get(index).offsets().ceiling(position);
        if (entry != null && entry.position() >= position && entry.position() < end) {
            BatchScanner next = new BatchScanner(channel, entry.position(), end, BatchHeader.BYTES);
            if (next.next() && next.lastOffset() == entry.offset()) {
                return next.baseOffset();
            }
        }
        return view.endOf(index);
    }

    private LogRead unchecked(LogView view, int index, Wish wish, int from, int to) {
        if (!state.isWritable()) {
            // Asked again, a check that failed would fail for ever.
            throw offline();
        }
        Segment segment = view.segments().get(index);
        if (segment.checked().isDamaged(from)) {
            return new LogRead.Damaged(ReadCheck.reportDamage(state, segment, from));
        }
        ReadCheck.Range range = new ReadCheck.Range(index, wish.offset(), from, to);
        return new LogRead.Unchecked(to - from, new ReadCheck(state, guard, view, range));
    }

    private KafkaStorageException offline() {
        return new KafkaStorageException("partition " + state.partition + " is offline");
    }

    private static int lengthOf(
            Segment segment, FileChannel channel, int from, int limit, Wish wish)
            throws IOException {
        int available = limit - from;
        if (available <= wish.bytesMax()) {
            return available;
        }
        BatchScanner first = new BatchScanner(channel, from, limit, BatchHeader.BYTES);
        if (!first.next()) {
            throw new DamagedBatchException(segment, first.position());
        }
        if (first.sizeInBytes() <= wish.bytesMax()) {
            return wish.bytesMax();
        }
        return wish.atLeastOneBatch() ? first.sizeInBytes() : 0;
    }

    /** Where a reader has to stop in a segment. */
    private static int limitIn(LogView view, int index, FileChannel channel, long endOffset)
            throws IOException {
        if (endOffset >= view.endOf(index)) {
            return view.sizeOf(index);
        }
        int position = positionIn(view, index, channel, endOffset);
        return position < 0 ? view.sizeOf(index) : position;
    }

    /** Where the batch begins that holds the offset, or the next one; -1 where there is none. */
    private static int positionIn(LogView view, int index, FileChannel channel, long offset)
            throws IOException {
        Segment segment = view.segments().get(index);
        int end = view.sizeOf(index);
        if (offset <= segment.baseOffset()) {
            return end > 0 ? 0 : -1;
        }
        int recent = segment.findRecent(offset);
        if (recent >= 0 && recent < end) {
            return recent;
        }
        Place place = locate(segment, channel, offset, end, view.endOf(index));
        return place == null ? -1 : place.position();
    }

    private static @Nullable Place locate(
            Segment segment, FileChannel channel, long offset, int end, long endOffset)
            throws IOException {
        int from = segment.startFor(channel, offset, end);
        HeaderWalk walk = new HeaderWalk(segment, channel, from, end, endOffset);
        while (walk.next()) {
            BatchScanner batch = walk.batch();
            if (batch.lastOffset() >= offset) {
                return new Place(batch.position(), batch.sizeInBytes());
            }
        }
        return null;
    }

    /** As {@link #positionIn}, for the log's own cuts; its lock is held. */
    static int positionOf(Segment segment, long offset) throws IOException {
        FileChannel channel = segment.file().acquire();
        try {
            Place place = locate(segment, channel, offset, segment.size(), offset);
            return place == null ? segment.size() : place.position();
        } finally {
            segment.file().release();
        }
    }

    /**
     * Transactions that were rolled back and touch the range.
     *
     * @param mayWait whether an index that nobody has held against the batches is checked; else the
     *     answer is null where one is needed
     */
    Optional<List<AbortedTransaction>> abortedTransactions(long from, long to, boolean mayWait)
            throws IOException {
        return search(view -> {
            List<AbortedTransaction> found = new ArrayList<>();
            for (int i = Math.max(0, view.indexOf(from)); i < view.segments().size(); i++) {
                Segment segment = view.segments().get(i);
                if (TransactionCheck.isNeeded(state, segment)) {
                    if (!state.isWritable()) {
                        // Asked again, a check that cannot be noted would be wanted for ever.
                        throw offline();
                    }
                    if (!mayWait) {
                        return Optional.empty();
                    }
                    new TransactionCheck(state, segment).run();
                }
                if (addAborted(segment.transactions(), from, to, found)) {
                    break;
                }
            }
            return Optional.of(found);
        });
    }

    /** Returns whether the segments behind have none that touch the range. */
    private static boolean addAborted(
            TransactionIndex index, long from, long to, List<AbortedTransaction> found)
            throws IOException {
        boolean complete = index.stableEnd() >= to;
        // What an entry says of the last stable offset may be damaged, or compaction have outdated
        // it.
        boolean ends = !index.isChecked();
        for (AbortedTransaction txn : index.all()) {
            if (txn.lastOffset() >= from && txn.firstOffset() < to) {
                found.add(txn);
            }
            complete |= ends && txn.lastStableOffset() >= to;
        }
        return complete;
    }
}
