package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the transaction index of a segment that was there before this process against the batches,
 * once, before the first reader of committed records relies on it. Kafka's format has no checksum,
 * and an entry that is wrong, missing or too many hides committed records or shows others.
 *
 * <p>What the index must say follows from the batches: the transactions that were open at the
 * segment's begin, from the producer snapshot there, then the headers of all batches, and the
 * markers. Where the two differ, the checksums of all these batches decide: if they are right, the
 * index is made anew; else it is left as it is, because then the batches may be what is damaged.
 * What compaction explains is no difference ({@link CompactionTraces}).
 *
 * <p>Threads: any; one at a time works on a segment. Blocks for the disk.
 */
final class TransactionCheck {
    private static final Logger log = LoggerFactory.getLogger(TransactionCheck.class);

    /** For {@link TransactionIndex#stableEnd}: checked, and a search has to go on. */
    static final long NOTHING_STABLE = -1;

    private static final ProducerState.Aborted IGNORED = _ -> {};

    private final LogState state;
    private final Segment segment;

    TransactionCheck(LogState state, Segment segment) {
        this.state = state;
        this.segment = segment;
    }

    /**
     * Not for what this process wrote or recovery read, nor for a log in which nobody has met a
     * transaction: records that were there before are looked at before they are sent ({@link
     * ReadCheck}), so none of a transaction gets out before that is known.
     */
    static boolean isNeeded(LogState state, Segment segment) throws IOException {
        return segment.checked().hasOld()
                && !segment.transactions().isChecked()
                && (state.hasTransactions || !segment.transactions().isEmpty());
    }

    /** The log and an index at one moment. */
    private record Seen(LogView view, int index, List<AbortedTransaction> entries) {}

    /**
     * What the batches say.
     *
     * @param stableEnd where the first transaction begins that is open at the segment's end; else
     *     that end
     * @param same whether the index says the same, but for what compaction explains
     * @param sound whether all that was looked at is what was written
     */
    private record Said(
            List<AbortedTransaction> entries, long stableEnd, boolean same, boolean sound) {}

    void run() throws IOException {
        ReentrantLock checking = segment.transactions().checking();
        checking.lock();
        try {
            if (segment.transactions().isChecked()) {
                return;
            }
            Seen seen = look();
            if (seen == null) {
                return;
            }
            settle(seen, read(seen));
        } finally {
            checking.unlock();
        }
    }

    private Said read(Seen seen) throws IOException {
        try {
            Said said = read(seen, false);
            return said.same || !said.sound ? said : read(seen, true);
        } catch (BatchScanner.TornReadException | RuntimeException e) {
            // Asked again it would be the same.
            log.warn(
                    "partition {}: the transactions of segment {} cannot be read",
                    state.partition,
                    segment.baseOffset(),
                    e);
            return new Said(seen.entries, NOTHING_STABLE, true, false);
        }
    }

    private @Nullable Seen look() throws IOException {
        state.lock.lock();
        try {
            LogView view = state.view;
            int index = view.segments().indexOf(segment);
            return index < 0 ? null : new Seen(view, index, segment.transactions().all());
        } finally {
            state.lock.unlock();
        }
    }

    /**
     * @param thoroughly whether the checksums of data are asked too
     */
    private Said read(Seen seen, boolean thoroughly) throws IOException {
        LogView view = seen.view;
        ProducerState producers = producersBefore(seen);
        List<AbortedTransaction> entries = new ArrayList<>();
        CompactionTraces traces = new CompactionTraces(seen.entries, producers.endOffset());
        Walk walk = new Walk(view, producers.endOffset(), producers, traces, thoroughly);
        boolean sound = true;
        for (int i = Math.max(0, view.indexOf(walk.from)); i < seen.index; i++) {
            sound &= walk.over(i, IGNORED);
        }
        sound &= walk.over(seen.index, entries::add);
        long open = producers.transactions().firstOpen();
        return new Said(
                entries,
                open >= 0 ? open : view.endOf(seen.index),
                entries.equals(seen.entries)
                        || (traces.explain(entries) && areGone(seen, traces.missing(entries))),
                sound);
    }

    /**
     * Whether no records are left of transactions that the index lacks, in earlier segments either:
     * the snapshot that the walk begins with tells of a first offset, not of what compaction left
     * behind it. A damaged batch may be anybody's.
     */
    private static boolean areGone(Seen seen, List<AbortedTransaction> missing) throws IOException {
        if (missing.isEmpty()) {
            return true;
        }
        long from = missing.stream().mapToLong(AbortedTransaction::firstOffset).min().getAsLong();
        boolean gone = true;
        for (int i = Math.max(0, seen.view.indexOf(from)); gone && i <= seen.index; i++) {
            gone =
                    overBatches(
                            seen.view,
                            i,
                            from,
                            batch ->
                                    !CompactionTraces.isOf(missing, batch.buffer(), batch.at())
                                            && batch.isCrcValid());
        }
        return gone;
    }

    @FunctionalInterface
    private interface Look {
        boolean at(BatchScanner batch) throws IOException;
    }

    /** False where one look at a batch was, or something in the segment is no batch. */
    private static boolean overBatches(LogView view, int index, long from, Look look)
            throws IOException {
        Segment segment = view.segments().get(index);
        int size = view.sizeOf(index);
        FileChannel channel = segment.file().acquire();
        try {
            int position = segment.startFor(channel, from, size);
            BatchScanner scanner =
                    new BatchScanner(channel, position, size, BatchScanner.SEQUENTIAL_BYTES);
            boolean all = true;
            while (scanner.next()) {
                if (scanner.lastOffset() >= from) {
                    all &= look.at(scanner);
                }
            }
            return all && scanner.atEnd();
        } finally {
            segment.file().release();
        }
    }

    private ProducerState producersBefore(Seen seen) throws IOException {
        ProducerState producers = new ProducerState();
        state.lock.lock();
        try {
            state.snapshots.load(producers, seen.view.firstOffset(), segment.baseOffset());
            return producers;
        } finally {
            state.lock.unlock();
        }
    }

    /** Over the batches from an offset on. */
    private record Walk(
            LogView view,
            long from,
            ProducerState producers,
            CompactionTraces traces,
            boolean thoroughly) {

        /** False where something in the segment is not what was written. */
        boolean over(int index, ProducerState.Aborted aborted) throws IOException {
            return overBatches(view, index, from, batch -> take(batch, aborted));
        }

        private boolean take(BatchScanner scanner, ProducerState.Aborted aborted)
                throws IOException {
            boolean control = BatchHeader.isControl(scanner.buffer(), scanner.at());
            traces.add(scanner.buffer(), scanner.at());
            if ((control || thoroughly) && !scanner.isCrcValid()) {
                return false;
            }
            if (control) {
                traces.addMarker(scanner.batch());
                producers.update(scanner.batch(), 0, aborted);
            } else if (BatchHeader.isTransactional(scanner.buffer(), scanner.at())) {
                producers.update(scanner.buffer(), scanner.at(), IGNORED);
            }
            return true;
        }
    }

    private void settle(Seen seen, Said said) throws IOException {
        state.lock.lock();
        try {
            LogView now = state.view;
            if (!state.isWritable()
                    || now.cuts() != seen.view.cuts()
                    || !now.segments().contains(segment)) {
                // Asked again by whoever needs it.
                return;
            }
            boolean last = seen.view.isLast(seen.index);
            if (said.sound && !said.same) {
                replace(seen, said);
            }
            segment.transactions()
                    .setChecked(said.sound && !last ? said.stableEnd : NOTHING_STABLE);
        } finally {
            state.lock.unlock();
        }
    }

    /** Keeps what was added meanwhile. */
    private void replace(Seen seen, Said said) throws IOException {
        List<AbortedTransaction> there = segment.transactions().all();
        List<AbortedTransaction> entries = new ArrayList<>(said.entries);
        entries.addAll(there.subList(Math.min(seen.entries.size(), there.size()), there.size()));
        log.warn(
                "partition {}: the transaction index of segment {} names {} transactions, its"
                        + " batches {}: made anew",
                state.partition,
                segment.baseOffset(),
                seen.entries.size(),
                said.entries.size());
        segment.transactions().replace(entries);
    }
}
