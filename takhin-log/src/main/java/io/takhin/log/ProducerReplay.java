package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings producer state from a snapshot to a log's end, by the headers in between. */
final class ProducerReplay {
    private static final Logger log = LoggerFactory.getLogger(ProducerReplay.class);

    /** Everything else is in the files already. */
    static final Visitor STATE_ONLY =
            new Visitor() {
                @Override
                public void atBeginOf(Segment segment) {}

                @Override
                public void aborted(Segment segment, AbortedTransaction transaction) {}
            };

    private ProducerReplay() {}

    /** What else is to be done on the way. */
    interface Visitor {
        /** The state is complete up to the begin of a segment. */
        void atBeginOf(Segment segment) throws IOException;

        /** A transaction was rolled back by a marker in the segment. */
        void aborted(Segment segment, AbortedTransaction transaction) throws IOException;
    }

    /** Reads from where the state ends. Guarded by the log's lock. */
    static void run(ProducerState state, LogView view, Visitor visitor) throws IOException {
        long from = Math.max(state.endOffset(), view.firstOffset());
        for (int i = Math.max(0, view.indexOf(from)); i < view.segments().size(); i++) {
            Segment segment = view.segments().get(i);
            if (segment.baseOffset() >= from) {
                state.setEndOffset(segment.baseOffset());
                visitor.atBeginOf(segment);
            }
            if (from < view.end()) {
                replay(state, view, i, from, visitor);
            }
        }
        state.setEndOffset(view.end());
    }

    private static void replay(
            ProducerState state, LogView view, int index, long from, Visitor visitor)
            throws IOException {
        Segment segment = view.segments().get(index);
        int size = view.sizeOf(index);
        FileChannel channel = segment.file().acquire();
        try {
            int position = segment.startFor(channel, from, size);
            BatchScanner scanner =
                    new BatchScanner(channel, position, size, BatchScanner.SEQUENTIAL_BYTES);
            long next = segment.baseOffset();
            while (scanner.next() || scanner.nextBehindDamage(next, view.endOf(index))) {
                next = scanner.lastOffset() + 1;
                if (scanner.lastOffset() < from) {
                    continue;
                }
                if (!BatchHeader.isControl(scanner.buffer(), scanner.at())) {
                    state.update(scanner.buffer(), scanner.at(), _ -> {});
                } else if (scanner.isCrcValid()) {
                    state.update(scanner.batch(), 0, txn -> visitor.aborted(segment, txn));
                } else {
                    log.error(
                            "{} is damaged at {}: a marker there ends no transaction",
                            segment.file().path(),
                            scanner.position());
                }
            }
        } finally {
            segment.file().release();
        }
    }
}
