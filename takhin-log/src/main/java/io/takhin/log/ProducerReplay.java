package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;

/** Brings producer state from a snapshot to a log's end, by the headers in between. */
final class ProducerReplay {
    private ProducerReplay() {}

    /** Takes transactions that were rolled back, with the segment that holds the marker. */
    @FunctionalInterface
    interface Aborted {
        void add(Segment segment, AbortedTransaction transaction) throws IOException;
    }

    /** Reads from where the state ends. Guarded by the log's lock. */
    static void run(ProducerState state, LogView view, Aborted aborted) throws IOException {
        long from = Math.max(state.endOffset(), view.start());
        for (int i = Math.max(0, view.indexOf(from)); i < view.segments().size(); i++) {
            if (from < view.end()) {
                replay(state, view.segments().get(i), view.sizeOf(i), from, aborted);
            }
        }
        state.setEndOffset(view.end());
    }

    private static void replay(
            ProducerState state, Segment segment, int size, long from, Aborted aborted)
            throws IOException {
        FileChannel channel = segment.file().acquire();
        try {
            int position = segment.offsets().floor(from).position();
            BatchScanner scanner =
                    new BatchScanner(channel, position, size, BatchScanner.SEQUENTIAL_BYTES);
            while (scanner.next()) {
                if (scanner.lastOffset() < from) {
                    continue;
                }
                if (BatchHeader.isControl(scanner.buffer(), scanner.at())) {
                    state.update(scanner.batch(), 0, txn -> aborted.add(segment, txn));
                } else {
                    state.update(scanner.buffer(), scanner.at(), _ -> {});
                }
            }
        } finally {
            segment.file().release();
        }
    }
}
