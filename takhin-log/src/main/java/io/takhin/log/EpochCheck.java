package io.takhin.log;

import io.takhin.log.LeaderEpochs.Entry;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds a log's leader epochs against its batches, once, before somebody is told from them where an
 * epoch ended, or a batch is called damaged because of them. Kafka's format has no checksum. What
 * is asked are the batches around each offset at which an epoch begins, and the last one; only
 * where they contradict are the epochs read from the batches anew.
 *
 * <p>Not noticed: an epoch that is wrong by a digit where compaction took all of its records.
 *
 * <p>Threads: any; takes the log's lock. Blocks for the disk.
 */
final class EpochCheck {
    private static final Logger log = LoggerFactory.getLogger(EpochCheck.class);

    private final LogState state;

    EpochCheck(LogState state) {
        this.state = state;
    }

    /** A batch as its header has it. */
    private record Found(long baseOffset, int epoch) {}

    /** Returns whether the epochs are checked now, by whomever; false for a log that is closed. */
    boolean run() throws IOException {
        if (state.epochsChecked) {
            return true;
        }
        state.lock.lock();
        try {
            if (!state.epochsChecked && state.isWritable()) {
                check();
                // Not before: who asks meanwhile waits for the lock.
                state.epochsChecked = true;
            }
            return state.epochsChecked;
        } finally {
            state.lock.unlock();
        }
    }

    private void check() throws IOException {
        LogView view = state.view;
        List<Entry> entries = state.epochs.entries();
        if (entries.isEmpty() || agree(view, entries)) {
            return;
        }
        List<Entry> read = read(view, entries.getLast().epoch());
        if (read == null) {
            return;
        }
        entries.stream().filter(each -> each.startOffset() >= view.end()).forEach(read::add);
        tell(entries, read, view.start());
        state.epochs.restore(read);
        state.writeEpochsWhenPossible();
    }

    private void tell(List<Entry> entries, List<Entry> read, long start) {
        if (entries.getFirst().startOffset() > start) {
            log.warn(
                    "partition {} starts at {} again, as if a crash undid a deletion: of its leader"
                            + " epochs {} the batches say {}",
                    state.partition,
                    start,
                    entries,
                    read);
        } else {
            log.error(
                    "partition {}: the leader epochs {} contradict the batches, which say {}",
                    state.partition,
                    entries,
                    read);
        }
    }

    private static boolean agree(LogView view, List<Entry> entries) throws IOException {
        for (Entry entry : entries) {
            boolean first = entry.equals(entries.getFirst());
            if (!agrees(view, entries, entry.startOffset(), !first)
                    || (!first && !agrees(view, entries, entry.startOffset() - 1, false))) {
                return false;
            }
        }
        return agrees(view, entries, view.start(), false)
                && agrees(view, entries, view.end() - 1, false);
    }

    /**
     * @param begins whether no batch may begin before the offset that reaches it
     */
    private static boolean agrees(LogView view, List<Entry> entries, long offset, boolean begins)
            throws IOException {
        if (offset < view.firstOffset() || offset >= view.end()) {
            return true;
        }
        Found batch = find(view, offset);
        if (batch == null || batch.epoch < 0) {
            return true;
        }
        // The first epoch may begin inside of a batch: records before that were deleted.
        long base = Math.max(batch.baseOffset, view.start());
        int said = -1;
        for (Entry entry : entries) {
            said = entry.startOffset() <= base ? entry.epoch() : said;
        }
        return batch.epoch == said && !(begins && batch.baseOffset < offset);
    }

    /** The batch that holds the offset, or the next one. */
    private static @Nullable Found find(LogView view, long offset) throws IOException {
        for (int i = Math.max(0, view.indexOf(offset)); i < view.segments().size(); i++) {
            Segment segment = view.segments().get(i);
            FileChannel channel = segment.file().acquire();
            try {
                int from = segment.startFor(channel, offset, view.sizeOf(i));
                BatchScanner scanner =
                        new BatchScanner(channel, from, view.sizeOf(i), BatchScanner.LOOKUP_BYTES);
                while (scanner.next()) {
                    if (scanner.lastOffset() >= offset) {
                        return new Found(
                                scanner.baseOffset(),
                                BatchHeader.leaderEpoch(scanner.buffer(), scanner.at()));
                    }
                }
            } finally {
                segment.file().release();
            }
        }
        return null;
    }

    /**
     * Reads only segments at whose end another epoch is at work than at their begin.
     *
     * @param known as the newest one
     * @return null where the batches contradict each other: then it may be they that are damaged
     */
    private static @Nullable List<Entry> read(LogView view, int known) throws IOException {
        List<Entry> read = new ArrayList<>();
        int ofLast = 0;
        for (int i = 0; i < view.segments().size(); i++) {
            Found first =
                    view.sizeOf(i) == 0 ? null : find(view, view.segments().get(i).baseOffset());
            Found next = view.isLast(i) ? null : find(view, view.endOf(i));
            boolean same = first != null && next != null && first.epoch == next.epoch;
            FileChannel channel = view.segments().get(i).file().acquire();
            try {
                int end = same ? Math.min(view.sizeOf(i), BatchHeader.BYTES) : view.sizeOf(i);
                BatchScanner scanner =
                        new BatchScanner(channel, 0, view.sizeOf(i), BatchScanner.SEQUENTIAL_BYTES);
                while (scanner.position() < end && scanner.next()) {
                    int epoch = BatchHeader.leaderEpoch(scanner.buffer(), scanner.at());
                    int last = read.isEmpty() ? -1 : read.getLast().epoch();
                    if (epoch < last) {
                        return null;
                    }
                    ofLast = epoch > last ? 1 : ofLast + 1;
                    if (epoch > last) {
                        read.add(new Entry(epoch, Math.max(scanner.baseOffset(), view.start())));
                    }
                }
            } finally {
                view.segments().get(i).file().release();
            }
        }
        // A single batch that says otherwise is no better a witness than the checkpoint.
        boolean believable = ofLast > 1 || (!read.isEmpty() && read.getLast().epoch() == known);
        return believable ? read : null;
    }
}
