package io.takhin.log;

import io.takhin.protocol.RecordRegion;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Some bytes of a segment on their way to a socket. Holds the segment's descriptor, so that they
 * can be sent even when the segment is deleted meanwhile.
 *
 * <p>Threads: one at a time.
 */
final class FileRegion implements RecordRegion {
    private final SharedFile file;
    private final FileChannel channel;
    private final int position;
    private final int length;
    private final AtomicBoolean released = new AtomicBoolean();

    /** The caller has acquired the file and hands that over. */
    FileRegion(SharedFile file, FileChannel channel, int position, int length) {
        this.file = file;
        this.channel = channel;
        this.position = position;
        this.length = length;
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
    public void release() {
        if (released.compareAndSet(false, true)) {
            file.release();
        }
    }
}
