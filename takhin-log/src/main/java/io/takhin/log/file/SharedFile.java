package io.takhin.log.file;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One file of a segment that several parties use, and the descriptor they share: open while anybody
 * holds it, and then for as long as {@link OpenFiles} lets it. What holds it may go on reading
 * after the file was renamed or deleted.
 *
 * <p>Whoever writes says so with {@link #written}: then the file stays open until it is synced, and
 * the sync that fails is not missed.
 *
 * <p>Threads: any.
 */
public final class SharedFile {
    private static final Set<OpenOption> EXISTING =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
    private static final Set<OpenOption> CREATE =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);

    private final ReentrantLock lock = new ReentrantLock();
    private final OpenFiles openFiles;
    private final long offset;

    /** The partition's, the same object for all its files. */
    @GuardedBy("lock")
    private Path directory;

    /** Behind the offset, with what marks a file as not in its place. */
    @GuardedBy("lock")
    private String suffix;

    @GuardedBy("lock")
    private @Nullable FileChannel channel;

    @GuardedBy("lock")
    private int holders;

    /** How often it was written, and how many of these are on the disk. */
    @GuardedBy("lock")
    private int writes;

    @GuardedBy("lock")
    private int syncedWrites;

    /** Since the process began; what one before it wrote may not be on the disk. */
    @GuardedBy("lock")
    private boolean synced;

    /** Closed as soon as nobody holds it. */
    @GuardedBy("lock")
    private boolean retired;

    private volatile boolean deleted;
    private volatile long usedAt;

    /**
     * @param offset that the file is named after
     * @param suffix the rest of its name, {@code .log} and the like
     */
    public SharedFile(OpenFiles openFiles, Path directory, long offset, String suffix) {
        this.openFiles = openFiles;
        this.directory = directory;
        this.offset = offset;
        this.suffix = suffix;
    }

    /** Every call is answered by one {@link #release}. */
    public FileChannel acquire() throws IOException {
        return acquire(EXISTING);
    }

    /** As {@link #acquire}, but makes the file where there is none. */
    public FileChannel acquireOrCreate() throws IOException {
        return acquire(CREATE);
    }

    private FileChannel acquire(Set<OpenOption> options) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return acquireOnce(options);
            } catch (IOException e) {
                if (attempt >= openFiles.attemptsMax() || !openFiles.relieves(e)) {
                    throw e;
                }
            }
        }
    }

    private FileChannel acquireOnce(Set<OpenOption> options) throws IOException {
        FileChannel used;
        boolean opened;
        lock.lock();
        try {
            used = channel;
            // An interrupted reader closes it under all others.
            opened = used == null || !used.isOpen();
            if (used == null || opened) {
                used = FileChannel.open(path(), options);
                channel = used;
                openFiles.opened(this);
            }
            holders++;
            usedAt = openFiles.age();
        } finally {
            lock.unlock();
        }
        if (opened) {
            makeRoom();
        }
        return used;
    }

    /** While this file is held, so that it is none of those that are closed. */
    private void makeRoom() throws IOException {
        boolean done = false;
        try {
            openFiles.makeRoom();
            done = true;
        } finally {
            if (!done) {
                release();
            }
        }
    }

    public void release() {
        lock.lock();
        try {
            if (holders <= 0) {
                throw new IllegalStateException("released more often than acquired: " + path());
            }
            holders--;
            if (holders == 0 && (retired || deleted)) {
                closeNow();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Called by who holds it, after bytes were changed or cut off. */
    public void written() {
        lock.lock();
        try {
            writes++;
        } finally {
            lock.unlock();
        }
    }

    public boolean isUnsynced() {
        lock.lock();
        try {
            return writes != syncedWrites && !deleted;
        } finally {
            lock.unlock();
        }
    }

    public int writes() {
        lock.lock();
        try {
            return writes;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a sync has covered all that was ever written by this process. */
    public boolean isKnownSynced() {
        lock.lock();
        try {
            return synced && writes == syncedWrites;
        } finally {
            lock.unlock();
        }
    }

    /** What was written when there were so many writes is on the disk. */
    public void syncedUpTo(int writesThen) {
        lock.lock();
        try {
            // Two may sync at the same time, and the one that began later be the first to end.
            if (writesThen - syncedWrites > 0) {
                syncedWrites = writesThen;
            }
            synced = true;
        } finally {
            lock.unlock();
        }
    }

    /** As {@link OpenFiles#age} had it when it was last acquired. */
    long usedAt() {
        return usedAt;
    }

    public boolean isOpen() {
        lock.lock();
        try {
            return channel != null;
        } finally {
            lock.unlock();
        }
    }

    /** False where it is closed already, in use, or has to stay open. */
    public boolean closeIfUnusedSince(long age) {
        lock.lock();
        try {
            if (channel == null || holders > 0 || usedAt > age || isUnsynced()) {
                return false;
            }
            closeNow();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Nobody acquires it meanwhile. Does nothing where it is open. */
    public void runIfClosed(Runnable work) {
        lock.lock();
        try {
            if (channel == null) {
                work.run();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Nothing more will be written: the descriptor goes once nobody holds it. */
    public void retire() {
        lock.lock();
        try {
            retired = true;
            if (holders == 0) {
                closeNow();
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void closeNow() {
        FileChannel idle = channel;
        if (idle == null) {
            return;
        }
        channel = null;
        openFiles.closed(this);
        try {
            idle.close();
        } catch (IOException e) {
            // Whatever was written is known to be on disk or not from force, never from close.
            throw new IllegalStateException("cannot close " + path(), e);
        }
    }

    /** Reads until the buffer is full, or the file at its end. */
    public void read(ByteBuffer target, long position) throws IOException {
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
    public void sync() throws IOException {
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
            int writesThen = writes();
            open.force(false);
            syncedUpTo(writesThen);
        } finally {
            release();
        }
    }

    /**
     * Takes the place of what has the name: a segment may be deleted again before it is gone.
     *
     * @param newSuffix what follows the offset from now on
     */
    public void renameTo(String newSuffix) throws IOException {
        lock.lock();
        try {
            Path from = path();
            if (Files.exists(from)) {
                // One of the same name may wait there to be removed: it is replaced.
                Files.move(from, from.resolveSibling(nameWith(newSuffix)), ATOMIC_MOVE);
            }
            suffix = newSuffix;
        } finally {
            lock.unlock();
        }
    }

    /** The file has no place in a log any more: it need not become durable. */
    public void markDeleted() {
        lock.lock();
        try {
            deleted = true;
            if (holders == 0) {
                closeNow();
            }
        } finally {
            lock.unlock();
        }
    }

    public boolean isDeleted() {
        return deleted;
    }

    /** The directory was renamed. */
    public void moveTo(Path newDirectory) {
        lock.lock();
        try {
            directory = newDirectory;
        } finally {
            lock.unlock();
        }
    }

    public long offset() {
        return offset;
    }

    /** Another file of the segment, which is called as this one, of batches, is now. */
    public SharedFile beside(String kind) {
        String mark = suffix().substring(PartitionFiles.LOG.length());
        return new SharedFile(openFiles, directory(), offset, kind + mark);
    }

    public Path directory() {
        lock.lock();
        try {
            return directory;
        } finally {
            lock.unlock();
        }
    }

    public String suffix() {
        lock.lock();
        try {
            return suffix;
        } finally {
            lock.unlock();
        }
    }

    public String nameWith(String otherSuffix) {
        return PartitionFiles.name(offset, otherSuffix);
    }

    public Path path() {
        lock.lock();
        try {
            return directory.resolve(nameWith(suffix));
        } finally {
            lock.unlock();
        }
    }
}
