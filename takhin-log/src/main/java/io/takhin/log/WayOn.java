package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * The way on behind a batch whose header leads nowhere, in a file that is known to have been on the
 * disk: a byte of it went bad since, and what is behind it is whole. Looks at every byte for a
 * batch that has its checksum and from which headers lead on: one that lies in a record's value
 * leads nowhere.
 */
final class WayOn {
    private static final int WINDOW_BYTES = 256 << 10;

    /** So many batches prove that it is the log, and behind them may be more damage. */
    private static final int FOLLOWING = 100;

    private final FileChannel channel;
    private final int end;
    private final long fromOffset;
    private final long knownBelow;

    private WayOn(FileChannel channel, int end, long fromOffset, long knownBelow) {
        this.channel = channel;
        this.end = end;
        this.fromOffset = fromOffset;
        this.knownBelow = knownBelow;
    }

    /**
     * The position of the next whole batch, -1 where there is none. Where the batch before is not
     * whole its size may have led astray, and it is the one behind that.
     *
     * @param last where the batch before begins, -1 where there is none
     * @param damagedAt where the walk stopped
     * @param end bytes from here on do not exist
     * @param nextOffset what the batch there should begin with, or a later one
     * @param knownBelow batches below the offset were on the disk
     */
    static int behind(
            FileChannel channel, int last, int damagedAt, int end, long nextOffset, long knownBelow)
            throws IOException {
        return last < 0 || isWhole(channel, last, end)
                ? new WayOn(channel, end, nextOffset + 1, knownBelow).find(damagedAt + 1)
                : new WayOn(channel, end, nextOffset, knownBelow).find(last + 1);
    }

    private static boolean isWhole(FileChannel channel, int position, int end) throws IOException {
        BatchScanner scanner = new BatchScanner(channel, position, end, BatchScanner.LOOKUP_BYTES);
        return scanner.next() && scanner.isCrcValid();
    }

    private int find(int from) throws IOException {
        if (fromOffset > knownBelow) {
            return -1;
        }
        ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES);
        int step = WINDOW_BYTES - BatchHeader.BYTES + 1;
        for (long start = from; end - start >= BatchHeader.BYTES; start += step) {
            read(window, start);
            for (int at = 0; window.limit() - at >= BatchHeader.BYTES; at++) {
                if (mayBegin(window, at) && leadsOn((int) start + at)) {
                    return (int) start + at;
                }
            }
        }
        return -1;
    }

    private void read(ByteBuffer window, long from) throws IOException {
        window.clear().limit((int) Math.min(window.capacity(), end - from));
        while (window.hasRemaining() && channel.read(window, from + window.position()) > 0) {
            // until it is full
        }
        window.flip();
    }

    private boolean mayBegin(ByteBuffer window, int at) {
        long base = BatchHeader.baseOffset(window, at);
        return BatchHeader.magic(window, at) == BatchHeader.MAGIC
                && base >= fromOffset
                && base <= knownBelow;
    }

    /** The checksum last: any number may be the size of as many bytes as there are. */
    private boolean leadsOn(int position) throws IOException {
        return isFollowed(position) && isWhole(channel, position, end);
    }

    private boolean isFollowed(int position) throws IOException {
        BatchScanner scanner = new BatchScanner(channel, position, end, BatchScanner.LOOKUP_BYTES);
        long last = fromOffset - 1;
        for (int i = 0; i < FOLLOWING && last < knownBelow - 1; i++) {
            if (!scanner.next()) {
                return scanner.atEnd();
            }
            if (scanner.baseOffset() <= last) {
                return false;
            }
            last = scanner.lastOffset();
        }
        return true;
    }
}
