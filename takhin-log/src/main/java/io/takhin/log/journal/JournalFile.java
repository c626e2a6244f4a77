package io.takhin.log.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.log.file.DurablePaths;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The journal's file. Its bytes have their place on the disk before they are used, so that a sync
 * of what is written over them need not wait for the file system's own journal.
 *
 * <p>Threads: any; who writes where is for the callers to agree on.
 */
public final class JournalFile implements AutoCloseable {
    public static final String NAME = "takhin.journal";

    /** Zeros written and synced at a time, so that preparing does not crowd out anybody. */
    private static final int STEP_BYTES = 1 << 20;

    private final Path root;
    private final Path path;
    private final int halfBytes;

    /** Fair: a round does not wait for the preparation of a half, which is many syncs. */
    private final ReentrantLock forcing = new ReentrantLock(true);

    /** Of a sync, for good. */
    @GuardedBy("forcing")
    private @Nullable IOException failure;

    /** Null until the file is there. */
    private volatile @Nullable FileChannel channel;

    private JournalFile(Path root, int halfBytes) {
        this.root = root;
        this.path = root.resolve(NAME);
        this.halfBytes = halfBytes;
    }

    /** Opens the file if there is one. */
    public static JournalFile open(Path root, int halfBytes) throws IOException {
        JournalFile file = new JournalFile(root, halfBytes);
        if (DurablePaths.exists(file.path)) {
            file.channel =
                    FileChannel.open(file.path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        }
        return file;
    }

    public int halfBytes() {
        return halfBytes;
    }

    private FileChannel channel() {
        FileChannel open = channel;
        if (open == null) {
            throw new IllegalStateException("there is no journal yet");
        }
        return open;
    }

    private FileChannel openOrCreate() throws IOException {
        FileChannel open = channel;
        if (open == null) {
            open =
                    FileChannel.open(
                            path,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            channel = open;
        }
        return open;
    }

    public long startOf(int half) {
        return (long) half * halfBytes;
    }

    /**
     * Gives a half its place on the disk, and a header at the end of it all. What is needed is open
     * before anything happens: where there is no descriptor it may be called again.
     */
    public void prepare(int half, long generation) throws IOException {
        try (FileChannel names = FileChannel.open(root, StandardOpenOption.READ)) {
            FileChannel file = openOrCreate();
            long start = startOf(half);
            long end = start + halfBytes;
            try {
                fill(start, end);
                writeHeader(half, generation);
                force();
                force(names, true);
            } catch (IOException e) {
                // Half a half is of no use, and others may need the space.
                if (file.size() > start && file.size() <= end) {
                    file.truncate(start);
                }
                throw e;
            }
        }
    }

    private void fill(long start, long end) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(STEP_BYTES, halfBytes));
        for (long at = start; at < end; at += zeros.limit()) {
            zeros.clear().limit((int) Math.min(zeros.capacity(), end - at));
            write(zeros, at);
            force();
        }
    }

    /** Durable when it returns: entries of other generations mean nothing from now on. */
    public void reset(int half, long generation) throws IOException {
        writeHeader(half, generation);
        force();
    }

    private void writeHeader(int half, long generation) throws IOException {
        write(JournalFormat.header(generation, halfBytes), startOf(half));
    }

    public void write(ByteBuffer bytes, long position) throws IOException {
        FileChannel file = channel();
        long at = position;
        while (bytes.hasRemaining()) {
            at += file.write(bytes, at);
        }
    }

    /** Whether a sync has failed: nothing that was written since the last good one is durable. */
    public boolean hasFailed() {
        forcing.lock();
        try {
            return failure != null;
        } finally {
            forcing.unlock();
        }
    }

    /**
     * Makes what was written durable. One thread at a time: the system tells of a failure once, and
     * those who asked at the same time, or ask later, would take what is lost for durable.
     *
     * @throws IOException where this sync failed, or one before it
     */
    public void force() throws IOException {
        force(channel(), false);
    }

    private void force(FileChannel target, boolean metaData) throws IOException {
        forcing.lock();
        try {
            if (failure != null) {
                throw new IOException("a sync of the journal failed before", failure);
            }
            target.force(metaData);
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            failure = failure == null ? e : failure;
            throw e;
        } finally {
            forcing.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        FileChannel open = channel;
        if (open != null) {
            open.close();
        }
    }
}
