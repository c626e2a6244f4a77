package io.takhin.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.apache.kafka.common.errors.CorruptRecordException;

/**
 * Steps over the batches of a segment on the way to one that somebody looks for. A damaged size or
 * last offset would lead past records that are there: offsets that go back end the walk, and where
 * some are left out, which compaction may have done, the batch before them is held against its
 * checksum.
 *
 * <p>Threads: one. Blocks for the disk.
 */
final class HeaderWalk {
    private final Segment segment;
    private final FileChannel channel;
    private final int end;
    private final long endOffset;
    private final BatchScanner scanner;
    private int previous = -1;
    private long nextOffset;

    /**
     * @param from where a batch begins
     * @param end bytes from here on do not exist
     * @param endOffset of the segment: where the next one begins, or the log ends
     */
    HeaderWalk(Segment segment, FileChannel channel, int from, int end, long endOffset) {
        this.segment = segment;
        this.channel = channel;
        this.end = end;
        this.endOffset = endOffset;
        this.scanner = new BatchScanner(channel, from, end, BatchScanner.LOOKUP_BYTES);
        this.nextOffset = segment.baseOffset();
    }

    /**
     * Moves to the next batch; false where the segment ends.
     *
     * @throws DamagedBatchException where the way does not lead on
     */
    boolean next() throws IOException {
        if (!scanner.next()) {
            if (!scanner.atEnd()) {
                throw new DamagedBatchException(segment, scanner.position());
            }
            confirmBefore(endOffset);
            return false;
        }
        if (scanner.baseOffset() < nextOffset) {
            throw new DamagedBatchException(segment, scanner.position());
        }
        confirmBefore(scanner.baseOffset());
        previous = scanner.position();
        nextOffset = scanner.lastOffset() + 1;
        return true;
    }

    private void confirmBefore(long offset) throws IOException {
        if (previous < 0 || nextOffset >= offset) {
            return;
        }
        BatchScanner batch = new BatchScanner(channel, previous, end, BatchScanner.LOOKUP_BYTES);
        boolean found = batch.next();
        int to = previous + batch.sizeInBytes();
        boolean known = segment.checked().knownTo(previous) >= to;
        if (!found || !(known || batch.isCrcValid())) {
            throw new DamagedBatchException(segment, previous);
        }
    }

    /** At the present batch, until the next step. */
    BatchScanner batch() {
        return scanner;
    }

    /** A search met bytes that are no batch. */
    static final class DamagedBatchException extends CorruptRecordException {
        private static final long serialVersionUID = 1L;

        private final transient Segment segment;
        private final int position;

        DamagedBatchException(Segment segment, int position) {
            super("no record batch in " + segment.file().path() + " at position " + position);
            this.segment = segment;
            this.position = position;
        }

        Segment segment() {
            return segment;
        }

        int position() {
            return position;
        }
    }
}
