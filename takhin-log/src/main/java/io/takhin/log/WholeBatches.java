package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Holds files of batches against what must be in them: one whole batch after the other without a
 * gap, in the order of their offsets and leader epochs. For the metadata quorum's log, which is
 * never compacted, and its snapshots. Reads and changes nothing.
 *
 * <p>Threads: one.
 */
public final class WholeBatches {
    private long nextOffset;
    private int latestEpoch = -1;
    private int lastPosition;

    /**
     * @param firstOffset of the first batch
     */
    public WholeBatches(long firstOffset) {
        this.nextOffset = firstOffset;
    }

    /**
     * Reads a file, which goes on where the one before ended.
     *
     * @param end bytes from here on are not looked at
     * @throws DamagedLogException naming the place
     */
    public void check(Path file, long end) throws IOException {
        if (end > Integer.MAX_VALUE) {
            throw new IOException(file + " is larger than a file of batches can be: " + end);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            BatchScanner scanner =
                    new BatchScanner(channel, 0, (int) end, BatchScanner.SEQUENTIAL_BYTES);
            while (scanner.next()) {
                lastPosition = scanner.position();
                int epoch = BatchHeader.leaderEpoch(scanner.buffer(), scanner.at());
                if (scanner.baseOffset() != nextOffset
                        || epoch < latestEpoch
                        || !scanner.isCrcValid()) {
                    throw new DamagedLogException(file, lastPosition, nextOffset);
                }
                nextOffset = scanner.lastOffset() + 1;
                latestEpoch = epoch;
            }
            if (!scanner.atEnd()) {
                throw new DamagedLogException(file, scanner.position(), nextOffset);
            }
        }
    }

    /** First offset after what was read. */
    public long nextOffset() {
        return nextOffset;
    }

    /** Of the last batch; -1 before there was one. */
    int latestEpoch() {
        return latestEpoch;
    }

    /** Where the last batch begins in its file. */
    int lastPosition() {
        return lastPosition;
    }
}
