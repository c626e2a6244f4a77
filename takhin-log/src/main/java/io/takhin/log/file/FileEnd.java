package io.takhin.log.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * The end of a segment's file of batches, which grows and is cut there only. Half a batch must not
 * stay.
 *
 * <p>Threads: the owner of the log's lock.
 */
public final class FileEnd {
    private FileEnd() {}

    /**
     * Writes all of the bytes or none; not on the disk when it returns.
     *
     * @param end bytes that the file has
     * @throws IOException where nothing was written, or what was cannot be undone
     */
    public static void append(SharedFile file, int end, ByteBuffer bytes) throws IOException {
        FileChannel channel = file.acquire();
        try {
            for (long position = end; bytes.hasRemaining(); ) {
                position += channel.write(bytes, position);
            }
        } catch (IOException e) {
            undo(file, channel, end, e);
            throw e;
        } finally {
            file.written();
            file.release();
        }
    }

    /**
     * What is written next would follow it. And whole batches that a power cut brings back would
     * keep the journal from restoring what was written there since.
     */
    private static void undo(SharedFile file, FileChannel channel, int end, IOException cause)
            throws IOException {
        try {
            boolean grew = channel.size() > end;
            channel.truncate(end);
            file.written();
            if (grew) {
                file.sync();
            }
        } catch (IOException e) {
            IOException broken = new IOException("cannot undo a write to " + file.path(), e);
            broken.addSuppressed(cause);
            throw broken;
        }
    }

    /** Keeps so many bytes; not on the disk when it returns. */
    public static void cutTo(SharedFile file, int bytes) throws IOException {
        FileChannel channel = file.acquire();
        try {
            channel.truncate(bytes);
        } finally {
            file.written();
            file.release();
        }
    }
}
