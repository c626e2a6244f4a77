package io.takhin.log.file;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One file of a segment that several parties use, and the descriptor they share: open while anybody
 * holds it, and then for as long as {@link OpenFiles} lets it. What holds it may go on reading
 * after the file was renamed or deleted.
 *
 * <p>Whoever writes says so with {@link #written}: then the file stays open until it is synced, and
 * the sync that fails is not missed.
 *
 * <p>Threads: any. Its own monitor guards it: every partition at rest has one of these, and a lock
 * object would be forty bytes.
 */
public final class SharedFile {
    private static final Set<OpenOption> EXISTING =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
    private static final Set<OpenOption> CREATE =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);

    private final OpenFiles openFiles;
    private final long offset;

    /** The partition's, the same object for all its files. */
    @GuardedBy("this")
    private Path directory;

    /** Behind the offset, with what marks a file as not in its place. */
    @GuardedBy("this")
    private String suffix;

    @GuardedBy("this")
    private @Nullable FileChannel channel;

    @GuardedBy("this")
    private int holders;

    /** How often it was written, and how many of these are on the disk. */
    @GuardedBy("this")
    private int writes;

    @GuardedBy("this")
    private int syncedWrites;

    /** Since the process began; what one before it wrote may not be on the disk. */
    @GuardedBy("this")
    private boolean synced;

    /** Whether somebody syncs it. */
    @GuardedBy("this")
    private boolean syncing;

    /** Closed as soon as nobody holds it. */
    @GuardedBy("this")
    private boolean retired;

    /** For good: what a sync did not bring to the disk, a later one does not know of any more. */
    private volatile boolean syncFailed;

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
        synchronized (this) {
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

    public synchronized void release() {
        if (holders <= 0) {
            throw new IllegalStateException("released more often than acquired: " + path());
        }
        holders--;
        if (holders == 0 && (retired || deleted)) {
            closeNow();
        }
    }

    /** Called by who holds it, after bytes were changed or cut off. */
    public synchronized void written() {
        writes++;
    }

    public synchronized boolean isUnsynced() {
        return writes != syncedWrites && !deleted;
    }

    public synchronized int writes() {
        return writes;
    }

    /** Whether a sync has covered all that was ever written by this process. */
    public synchronized boolean isKnownSynced() {
        return synced && writes == syncedWrites;
    }

    /** What was written when there were so many writes is on the disk. */
    public synchronized void syncedUpTo(int writesThen) {
        // Two may sync at the same time, and the one that began later be the first to end.
        if (writesThen - syncedWrites > 0) {
            syncedWrites = writesThen;
        }
        synced = true;
    }

    /** As {@link OpenFiles#age} had it when it was last acquired. */
    long usedAt() {
        return usedAt;
    }

    public synchronized boolean isOpen() {
        return channel != null;
    }

    /** False where it is closed already, in use, or has to stay open. */
    public synchronized boolean closeIfUnusedSince(long age) {
        if (channel == null || holders > 0 || usedAt > age || isUnsynced()) {
            return false;
        }
        closeNow();
        return true;
    }

    /** Nobody acquires it meanwhile. Does nothing where it is open. */
    public synchronized void runIfClosed(Runnable work) {
        if (channel == null) {
            work.run();
        }
    }

    /** Nothing more will be written: the descriptor goes once nobody holds it. */
    public synchronized void retire() {
        retired = true;
        if (holders == 0) {
            closeNow();
        }
    }

    @GuardedBy("this")
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

    /**
     * Makes what was written durable. A file that was deleted has nothing left to keep, nor has one
     * that somebody else renamed or deleted when all of it was durable. One thread at a time: the
     * system tells of a failure once, and those who asked at the same time, or ask later, would
     * take what is lost for durable.
     *
     * @throws IOException where this sync failed, or one before it
     */
    public void sync() throws IOException {
        FileChannel open;
        try {
            open = acquire();
        } catch (NoSuchFileException e) {
            if (!isUnsynced()) {
                return;
            }
            throw e;
        }
        try {
            int writesThen = beginSync();
            boolean failed = true;
            try {
                open.force(false);
                syncedUpTo(writesThen);
                failed = false;
            } catch (ClosedChannelException e) {
                // By an interrupt; the disk was not asked.
                failed = false;
                throw e;
            } finally {
                endSync(failed);
            }
        } finally {
            release();
        }
    }

    private synchronized int beginSync() throws IOException {
        boolean interrupted = false;
        while (syncing) {
            try {
                wait();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (syncFailed) {
            throw new IOException("a sync of " + path() + " failed before");
        }
        syncing = true;
        return writes;
    }

    private synchronized void endSync(boolean failed) {
        syncing = false;
        syncFailed |= failed;
        notifyAll();
    }

    /**
     * Takes the place of what has the name: a segment may be deleted again before it is gone.
     *
     * @param newSuffix what follows the offset from now on
     */
    public synchronized void renameTo(String newSuffix) throws IOException {
        Path from = path();
        if (DurablePaths.exists(from)) {
            // One of the same name may wait there to be removed: it is replaced.
            Files.move(from, from.resolveSibling(nameWith(newSuffix)), ATOMIC_MOVE);
        }
        suffix = newSuffix;
    }

    /**
     * As {@link #renameTo}, of a file that nobody wants under its new name. Where the disk has no
     * room for that name it goes at once; its old name is free then, too, for what is to come.
     */
    public synchronized void retireAs(String newSuffix) throws IOException {
        try {
            renameTo(newSuffix);
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e)) {
                throw e;
            }
            Files.deleteIfExists(path());
            suffix = newSuffix;
        }
    }

    /** The file has no place in a log any more: it need not become durable. */
    public synchronized void markDeleted() {
        deleted = true;
        if (holders == 0) {
            closeNow();
        }
    }

    public boolean isDeleted() {
        return deleted;
    }

    /** Milliseconds; under the name that the file has now. */
    public synchronized long lastWritten() throws IOException {
        return Files.getLastModifiedTime(path()).toMillis();
    }

    /** The directory was renamed. */
    public synchronized void moveTo(Path newDirectory) {
        directory = newDirectory;
    }

    public long offset() {
        return offset;
    }

    /** Another file of the segment, which is called as this one, of batches, is now. */
    public SharedFile beside(String kind) {
        String mark = suffix().substring(PartitionFiles.LOG.length());
        return new SharedFile(openFiles, directory(), offset, kind + mark);
    }

    public synchronized Path directory() {
        return directory;
    }

    public synchronized String suffix() {
        return suffix;
    }

    public String nameWith(String otherSuffix) {
        return PartitionFiles.name(offset, otherSuffix);
    }

    public synchronized Path path() {
        return directory.resolve(nameWith(suffix));
    }
}
