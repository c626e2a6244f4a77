package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;

/**
 * Walks over the batches of a segment's file, header by header. Payloads are read only when asked
 * for. Stops at the first bytes that cannot be a batch; why, {@link #atEnd} tells.
 *
 * <p>Threads: one.
 */
final class BatchScanner {
    /** Enough for the headers between two entries of an offset index. */
    static final int LOOKUP_BYTES = 4 << 10;

    /** For reading a file from end to end. */
    static final int SEQUENTIAL_BYTES = 256 << 10;

    private final FileChannel channel;
    private final int end;
    private ByteBuffer buffer;
    private long bufferedFrom;
    private int buffered;
    private int position;
    private int nextPosition;
    private int lastPosition = -1;
    private int at;

    /**
     * @param from where a batch begins
     * @param end bytes from here on do not exist
     * @param bufferBytes so many are read at once, where there are as many
     */
    BatchScanner(FileChannel channel, int from, int end, int bufferBytes) {
        this.channel = channel;
        this.end = end;
        this.buffer = ByteBuffer.allocate(Math.clamp(end - from, BatchHeader.BYTES, bufferBytes));
        this.nextPosition = from;
    }

    /** Moves to the next batch; false when there is none, or what is there is no batch. */
    boolean next() throws IOException {
        position = nextPosition;
        if (end - position < BatchHeader.BYTES) {
            return false;
        }
        load(BatchHeader.BYTES);
        int size = BatchHeader.sizeInBytes(buffer, at);
        if (size < BatchHeader.BYTES
                || size > end - position
                || BatchHeader.magic(buffer, at) != BatchHeader.MAGIC
                || BatchHeader.lastOffsetDelta(buffer, at) < 0) {
            return false;
        }
        nextPosition = position + size;
        lastPosition = position;
        return true;
    }

    /**
     * Where {@link #next} found none although there are bytes: moves to the next whole batch.
     *
     * @param nextOffset what the batch in between should have begun with, or a later one
     * @param knownBelow batches below the offset were on the disk
     * @return false where there is none
     */
    boolean nextBehindDamage(long nextOffset, long knownBelow) throws IOException {
        int on =
                atEnd()
                        ? -1
                        : WayOn.behind(
                                channel, lastPosition, position, end, nextOffset, knownBelow);
        if (on < 0) {
            return false;
        }
        nextPosition = on;
        return next();
    }

    /** After the last batch: whether it was followed by nothing at all. */
    boolean atEnd() {
        return position == end;
    }

    /** Where the batch begins, or where the walk stopped. */
    int position() {
        return position;
    }

    int sizeInBytes() {
        return nextPosition - position;
    }

    /** Holds the header at {@link #at}; valid until the next call of anything here. */
    ByteBuffer buffer() {
        return buffer;
    }

    int at() {
        return at;
    }

    long baseOffset() {
        return BatchHeader.baseOffset(buffer, at);
    }

    long lastOffset() {
        return BatchHeader.lastOffset(buffer, at);
    }

    /** A large batch is read piece by piece: a damaged size may claim all of a segment. */
    boolean isCrcValid() throws IOException {
        if (sizeInBytes() > SEQUENTIAL_BYTES) {
            return BatchHeader.storedCrc(buffer, at) == crcOfLargeBatch();
        }
        load(sizeInBytes());
        return BatchHeader.isCrcValid(buffer, at);
    }

    private int crcOfLargeBatch() throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(SEQUENTIAL_BYTES);
        CRC32C crc = new CRC32C();
        for (long from = position + (long) BatchHeader.CHECKSUM_FROM; from < nextPosition; ) {
            piece.clear().limit((int) Math.min(piece.capacity(), nextPosition - from));
            int read = channel.read(piece, from);
            if (read <= 0) {
                throw new TornReadException(from);
            }
            crc.update(piece.flip());
            from += read;
        }
        return (int) crc.getValue();
    }

    /** The whole batch, in a buffer that the scanner goes on using. */
    ByteBuffer batch() throws IOException {
        load(sizeInBytes());
        return buffer.slice(at, sizeInBytes());
    }

    private void load(int bytes) throws IOException {
        if (position >= bufferedFrom && position + (long) bytes <= bufferedFrom + buffered) {
            at = (int) (position - bufferedFrom);
            return;
        }
        if (bytes > buffer.capacity()) {
            buffer = ByteBuffer.allocate(bytes);
        }
        buffer.clear().limit(Math.min(buffer.capacity(), end - position));
        bufferedFrom = position;
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, bufferedFrom + buffer.position()) <= 0) {
                break;
            }
        }
        buffered = buffer.position();
        at = 0;
        if (buffered < bytes) {
            throw new TornReadException(position);
        }
    }

    /** The file is shorter than the view promised: it was cut under the reader. */
    static final class TornReadException extends IOException {
        private static final long serialVersionUID = 1L;

        TornReadException(long position) {
            super("the file ends before position " + position);
        }
    }
}
