package io.takhin.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the entries of one half, as far as they are whole and of one generation. What is
 * behind the first that is not was never acknowledged.
 *
 * <p>Threads: one.
 */
final class JournalScanner {
    private static final int BUFFER_BYTES = 1 << 20;

    private final FileChannel channel;
    private final long end;
    private long generation;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);
    private long bufferedFrom;
    private long position;

    /**
     * @param generation of the entries; 0 to believe the first one
     * @param from where the first entry begins
     * @param end of the half
     */
    JournalScanner(FileChannel channel, long generation, long from, long end) {
        this.channel = channel;
        this.generation = generation;
        this.position = from;
        this.end = end;
    }

    /** 0 where none was given and there is no entry. */
    long generation() {
        return generation;
    }

    /** Behind the last entry that was returned. */
    long position() {
        return position;
    }

    /** The next entry, or null. */
    @Nullable JournalEntry next() throws IOException {
        if (!load(JournalFormat.ENTRY_BYTES)) {
            return null;
        }
        int bytes = JournalFormat.claimedBytes(buffer, at());
        if (bytes == 0 || !load(bytes)) {
            return null;
        }
        long found = JournalFormat.generation(buffer, at());
        if (found <= 0 || (generation != 0 && found != generation)) {
            return null;
        }
        JournalEntry entry = JournalFormat.parseEntry(buffer, at(), position);
        if (entry != null) {
            generation = found;
            position += bytes;
        }
        return entry;
    }

    private int at() {
        return (int) (position - bufferedFrom);
    }

    /** Whether so many bytes are there at the position. */
    private boolean load(int bytes) throws IOException {
        if (position + bytes > end) {
            return false;
        }
        if (position >= bufferedFrom && at() + bytes <= buffer.limit()) {
            return true;
        }
        if (bytes > buffer.capacity()) {
            buffer = ByteBuffer.allocateDirect(bytes);
        }
        buffer.clear().limit((int) Math.min(buffer.capacity(), end - position));
        bufferedFrom = position;
        while (buffer.hasRemaining()
                && channel.read(buffer, bufferedFrom + buffer.position()) > 0) {}
        buffer.flip();
        return buffer.limit() >= bytes;
    }
}
