package io.takhin.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One file that several parties read, and the descriptor they share: open while anybody holds it.
 * What holds it may go on reading after the file was renamed or deleted.
 *
 * <p>Threads: any.
 */
final class SharedFile {
    private static final Set<OpenOption> EXISTING =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
    private static final Set<OpenOption> CREATE =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Path path;

    @GuardedBy("lock")
    private @Nullable FileChannel channel;

    @GuardedBy("lock")
    private int holders;

    private volatile boolean deleted;

    SharedFile(Path path) {
        this.path = path;
    }

    /** Every call is answered by one {@link #release}. */
    FileChannel acquire() throws IOException {
        return acquire(EXISTING);
    }

    /** As {@link #acquire}, but makes the file where there is none. */
    FileChannel acquireOrCreate() throws IOException {
        return acquire(CREATE);
    }

    private FileChannel acquire(Set<OpenOption> options) throws IOException {
        lock.lock();
        try {
            FileChannel open = channel;
            if (open == null) {
                open = FileChannel.open(path, options);
                channel = open;
            }
            holders++;
            return open;
        } finally {
            lock.unlock();
        }
    }

    void release() {
        lock.lock();
        try {
            if (holders <= 0) {
                throw new IllegalStateException("released more often than acquired: " + path);
            }
            holders--;
            if (holders == 0 && channel != null) {
                FileChannel idle = channel;
                channel = null;
                idle.close();
            }
        } catch (IOException e) {
            // Whatever was written is known to be on disk or not from force, never from close.
            throw new IllegalStateException("cannot close " + path(), e);
        } finally {
            lock.unlock();
        }
    }

    /** Reads until the buffer is full, or the file at its end. */
    void read(ByteBuffer target, long position) throws IOException {
        FileChannel open = acquire();
        try {
            long at = position;
            while (target.hasRemaining()) {
                int read = open.read(target, at);
                if (read <= 0) {
                    return;
                }
                at += read;
            }
        } finally {
            release();
        }
    }

    /** Makes what was written durable. A file that was deleted has nothing left to keep. */
    void sync() throws IOException {
        FileChannel open;
        try {
            open = acquire();
        } catch (NoSuchFileException e) {
            if (deleted) {
                return;
            }
            throw e;
        }
        try {
            open.force(false);
        } finally {
            release();
        }
    }

    /** Takes the place of what has the name: a segment may be deleted again before it is gone. */
    void renameTo(Path target) throws IOException {
        lock.lock();
        try {
            if (Files.exists(path)) {
                // One of the same name may wait there to be removed: it is replaced.
                Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
            }
            path = target;
        } finally {
            lock.unlock();
        }
    }

    /** The file has no place in a log any more: it need not become durable. */
    void markDeleted() {
        deleted = true;
    }

    boolean isDeleted() {
        return deleted;
    }

    /** The directory was renamed. */
    void moveTo(Path directory) {
        lock.lock();
        try {
            path = directory.resolve(path.getFileName());
        } finally {
            lock.unlock();
        }
    }

    Path path() {
        lock.lock();
        try {
            return path;
        } finally {
            lock.unlock();
        }
    }
}
