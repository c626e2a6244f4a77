package io.takhin.log.file;

import io.takhin.protocol.RecordRegion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Some bytes of a segment on their way to a socket. Holds the segment's descriptor, so that they
 * can be sent even when the segment is deleted meanwhile.
 *
 * <p>Threads: one at a time.
 */
public final class FileRegion implements RecordRegion {
    private static final int LOAD_BYTES = 64 << 10;

    private final SharedFile file;
    private final FileChannel channel;
    private final int position;
    private final int length;
    private final boolean old;
    private final AtomicBoolean released = new AtomicBoolean();

    /**
     * The caller has acquired the file and hands that over.
     *
     * @param old whether the bytes were written so long ago that they may have left the page cache
     */
    public FileRegion(SharedFile file, FileChannel channel, int position, int length, boolean old) {
        this.file = file;
        this.channel = channel;
        this.position = position;
        this.length = length;
        this.old = old;
    }

    /** The file that has the bytes. */
    public SharedFile file() {
        return file;
    }

    @Override
    public int sizeInBytes() {
        return length;
    }

    @Override
    public long transferTo(long from, WritableByteChannel target) throws IOException {
        return channel.transferTo(position + from, length - from, target);
    }

    @Override
    public boolean mayBlock() {
        return old && !isCached();
    }

    /** Asks the kernel (mincore): a map and a look cost microseconds, a disk read milliseconds. */
    private boolean isCached() {
        try (Arena arena = Arena.ofConfined()) {
            return channel.map(MapMode.READ_ONLY, position, length, arena).isLoaded();
        } catch (IOException e) {
            // Whoever sends the region will meet the error, and say so.
            return false;
        }
    }

    @Override
    public void load(long from, long wanted) throws IOException {
        ByteBuffer scratch = ByteBuffer.allocate(LOAD_BYTES);
        long end = position + Math.min(length, from + wanted);
        long at = position + from;
        while (at < end) {
            scratch.clear().limit((int) Math.min(LOAD_BYTES, end - at));
            int read = channel.read(scratch, at);
            if (read <= 0) {
                return;
            }
            at += read;
        }
    }

    @Override
    public void release() {
        if (released.compareAndSet(false, true)) {
            file.release();
        }
    }
}
