package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;

/**
 * Looks at batches that lay on the disk before this process, so that what a disk, a cable or a copy
 * made of them is noticed before a client sees it. Every batch is held against its checksum;
 * offsets and leader epochs, which the checksum leaves out, against their neighbours and the log.
 *
 * <p>Threads: one. Blocks for the disk.
 */
final class BatchCheck {
    private final FileChannel channel;
    private final Bounds bounds;
    private final int from;
    private final BatchScanner scanner;

    /** Whether the batch before the present one certainly has the offsets it should have. */
    private boolean certain;

    private int previousPosition = -1;
    private long nextOffset;
    private int epoch = -1;
    private boolean transactional;

    /**
     * What is known of the file from elsewhere.
     *
     * @param baseOffset no record has a smaller offset
     * @param endOffset nor one as large as this
     * @param bytes that the log knows of
     * @param latestEpoch no batch has a newer one; -1 where that is not known
     */
    record Bounds(long baseOffset, long endOffset, int bytes, int latestEpoch) {}

    /**
     * How a check ended.
     *
     * @param goodTo all batches from the begin that was asked for to here are whole
     * @param damaged where the first batch begins that is not; -1 where there is none
     */
    record Outcome(int goodTo, int damaged) {}

    /**
     * @param start where a batch begins whose place is certain: an entry of the index, or 0
     * @param from where the first batch begins that is to be checked
     */
    BatchCheck(FileChannel channel, int start, int from, Bounds bounds) throws IOException {
        this.channel = channel;
        this.bounds = bounds;
        this.from = from;
        this.nextOffset = Math.max(bounds.baseOffset, endOfBatchBefore(start));
        this.scanner = new BatchScanner(channel, from, bounds.bytes, BatchScanner.SEQUENTIAL_BYTES);
        // An entry of the index was held against its batch; at the begin only the name speaks.
        this.certain = start == from && start > 0;
    }

    /** By headers alone; -1 where they do not lead there without a doubt. */
    private long endOfBatchBefore(int start) throws IOException {
        BatchScanner before =
                new BatchScanner(channel, start, bounds.bytes, BatchScanner.LOOKUP_BYTES);
        long end = -1;
        boolean sure = true;
        while (before.next() && before.position() < from) {
            sure = end < 0 || before.baseOffset() == end;
            end = before.lastOffset() + 1;
        }
        return sure && before.position() == from ? end : -1;
    }

    /** Checks the batches that have bytes before {@code to}. */
    Outcome run(int to) throws IOException {
        while (scanner.next()) {
            int position = scanner.position();
            if (isOutOfOrder()) {
                int blamed = blamed(position);
                return new Outcome(blamed, blamed);
            }
            if (position >= to) {
                // Read only to see that the last one wanted ends where this one begins.
                return new Outcome(position, -1);
            }
            if (!scanner.isCrcValid()) {
                return new Outcome(position, position);
            }
            take(position);
        }
        int end = scanner.position();
        return new Outcome(end, scanner.atEnd() ? -1 : end);
    }

    private boolean isOutOfOrder() {
        int batchEpoch = BatchHeader.leaderEpoch(scanner.buffer(), scanner.at());
        boolean wrongEpoch =
                batchEpoch >= 0
                        && (batchEpoch < epoch
                                || (bounds.latestEpoch >= 0 && batchEpoch > bounds.latestEpoch));
        return wrongEpoch
                || scanner.baseOffset() < nextOffset
                || scanner.lastOffset() >= bounds.endOffset;
    }

    /**
     * Of two batches whose offsets overlap: the second, unless the first is the one that jumped
     * ahead of what lies before it.
     */
    private int blamed(int position) {
        boolean overlap = scanner.baseOffset() < nextOffset;
        return overlap && !certain && previousPosition >= 0 ? previousPosition : position;
    }

    /** Whether some of the batches belong to transactions. */
    boolean sawTransactions() {
        return transactional;
    }

    private void take(int position) {
        transactional |= BatchHeader.isTransactional(scanner.buffer(), scanner.at());
        certain = (certain && previousPosition < 0) || scanner.baseOffset() == nextOffset;
        previousPosition = position;
        nextOffset = scanner.lastOffset() + 1;
        epoch = Math.max(epoch, BatchHeader.leaderEpoch(scanner.buffer(), scanner.at()));
    }
}
