package io.takhin.testkit.disk;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A file system in memory whose disk behaves as badly as disks may. After a power cut what was
 * written and not synced is there, or not, or in part: by sectors of 512 bytes, in any order. The
 * same goes for names that were made, changed or removed in a directory that was not synced. A sync
 * may fail, and leaves then what Linux leaves; any call may meet an error, or a full disk.
 *
 * <p>Code under test uses {@link #root} with {@link java.nio.file.Files} and {@link
 * java.nio.channels.FileChannel}, and needs to know nothing of it.
 *
 * <p>Threads: any. The same seed and the same calls in the same order give the same disk.
 */
public final class SimulatedDisk {
    /** ENOSPC, as the system says it. */
    public static final String FULL = "No space left on device";

    private static final String BROKEN = "Input/output error";
    private static final int HISTORY_MAX = 200;
    private static final long TOTAL_BYTES = 1L << 40;

    /** What a call does to the disk. */
    public enum Call {
        READ,
        WRITE,
        /** Makes, renames or removes a file. */
        NAME,
        SYNC,
        /** Asks how much there is and how much is free. */
        SPACE
    }

    final ReentrantLock lock = new ReentrantLock();
    private final RandomGenerator random;
    private final DiskFileSystem fileSystem = new DiskFileSystem(this);
    private final DiskFolder top = new DiskFolder();
    private final Deque<String> history = new ArrayDeque<>();
    private long changes;
    private long cutAt = Long.MAX_VALUE;
    private boolean out;
    private long freeBytes = TOTAL_BYTES;
    private int descriptors = Integer.MAX_VALUE;
    private int openChannels;
    private int refusedOpenings;
    private @Nullable Fault fault;
    private @Nullable Path copies;
    private volatile Consumer<Path> readGate = _ -> {};
    private volatile Consumer<Path> syncGate = _ -> {};
    private volatile Consumer<Path> removalGate = _ -> {};

    /** Calls of a kind fail once so many of them went well. */
    private static final class Fault {
        final Call call;
        final boolean once;
        final String why;
        int callsBefore;
        boolean happened;

        Fault(Call call, int callsBefore, boolean once, String why) {
            this.call = call;
            this.callsBefore = callsBefore;
            this.once = once;
            this.why = why;
        }
    }

    public SimulatedDisk(RandomGenerator random) {
        this.random = random;
    }

    /** The directory above all others; always on the disk. */
    public Path root() {
        return fileSystem.root();
    }

    /** The power goes after so many changes more: every call fails from then on. */
    public void cutPowerAfter(int changesMore) {
        locked(() -> cutAt = changes + changesMore);
    }

    /** The power is gone now. */
    public void cutPower() {
        locked(() -> out = true);
    }

    public boolean isOut() {
        lock.lock();
        try {
            return out;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The power is back, and faults are over. After a power cut only what it left is there; nobody
     * may use files that were open before it.
     */
    public void restart() {
        locked(() -> {
            if (out) {
                top.loseUnsynced(random);
                note("power cut");
            }
            out = false;
            cutAt = Long.MAX_VALUE;
            fault = null;
            freeBytes = TOTAL_BYTES;
            descriptors = Integer.MAX_VALUE;
        });
    }

    /** From the n-th call of the kind on, that call fails for as long as the disk lives. */
    public void failAfter(Call call, int callsBefore) {
        locked(() -> fault = new Fault(call, callsBefore, false, BROKEN));
    }

    /** As {@link #failAfter}, and no call after that one: Linux tells of a failed sync once. */
    public void failOnceAfter(Call call, int callsBefore) {
        failOnceAfter(call, callsBefore, BROKEN);
    }

    /**
     * As {@link #failOnceAfter(Call, int)}.
     *
     * @param why as the system says it; {@link #FULL} where space was promised and is not there
     */
    public void failOnceAfter(Call call, int callsBefore, String why) {
        locked(() -> fault = new Fault(call, callsBefore, true, why));
    }

    /** Whether a call has failed because of {@link #failAfter}. */
    public boolean hasFailed() {
        lock.lock();
        try {
            return fault != null && fault.happened;
        } finally {
            lock.unlock();
        }
    }

    /** Who wants to read a file passes here first, on its own thread, and may be kept waiting. */
    public void gateReads(Consumer<Path> gate) {
        readGate = gate;
    }

    /** As {@link #gateReads}, for who wants to sync a file or a directory. */
    public void gateSyncs(Consumer<Path> gate) {
        syncGate = gate;
    }

    /** As {@link #gateReads}, for who wants to remove a file or a directory. */
    public void gateRemovals(Consumer<Path> gate) {
        removalGate = gate;
    }

    void passReadGate(Path path) {
        readGate.accept(path);
    }

    void passSyncGate(Path path) {
        syncGate.accept(path);
    }

    void passRemovalGate(Path path) {
        removalGate.accept(path);
    }

    /** How many bytes files may grow from now on. */
    public void leaveFree(long bytes) {
        locked(() -> freeBytes = bytes);
    }

    /** How many files may be open at a time from now on, those counted that are open already. */
    public void leaveDescriptors(int count) {
        locked(() -> descriptors = count);
    }

    /** How many files were not opened because of {@link #leaveDescriptors}. */
    public int refusedOpenings() {
        lock.lock();
        try {
            return refusedOpenings;
        } finally {
            lock.unlock();
        }
    }

    /** How many files are open. */
    public int openChannels() {
        lock.lock();
        try {
            return openChannels;
        } finally {
            lock.unlock();
        }
    }

    /** Where {@link Path#toFile} puts copies of files, for code that knows nothing else. */
    public void copyFilesTo(Path realDirectory) {
        copies = realDirectory;
    }

    /** The last calls that changed the disk, the newest last. */
    public List<String> history() {
        lock.lock();
        try {
            return new ArrayList<>(history);
        } finally {
            lock.unlock();
        }
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    @Nullable Path copies() {
        return copies;
    }

    DiskFileSystem fileSystem() {
        return fileSystem;
    }

    long freeBytes() {
        return freeBytes;
    }

    long totalBytes() {
        return TOTAL_BYTES;
    }

    /** Before a call does anything: whether it may. Under the lock. */
    void begin(Call call, Path path, String what) throws IOException {
        if (!out && call != Call.READ && call != Call.SPACE) {
            changes++;
            note(what + " " + path);
            out = changes > cutAt;
        }
        if (out) {
            throw new FileSystemException(path.toString(), null, "the power is out");
        }
        Fault planned = fault;
        if (planned != null
                && planned.call == call
                && planned.callsBefore-- <= 0
                && !(planned.once && planned.happened)) {
            planned.happened = true;
            note("failed: " + what + " " + path);
            if (call == Call.SYNC) {
                failSync(path);
            }
            throw new FileSystemException(path.toString(), null, planned.why);
        }
    }

    private void failSync(Path path) throws IOException {
        switch (find(path)) {
            case DiskFile file -> file.failSync(random);
            case DiskFolder folder -> folder.failSync(random);
            case null -> {}
        }
    }

    private void note(String what) {
        if (history.size() == HISTORY_MAX) {
            history.removeFirst();
        }
        history.addLast(what);
    }

    /** Takes what there is of the wanted bytes. Under the lock. */
    int takeFree(int wanted, Path path) throws IOException {
        int taken = (int) Math.min(wanted, freeBytes);
        if (taken <= 0 && wanted > 0) {
            throw new FileSystemException(path.toString(), null, FULL);
        }
        freeBytes -= taken;
        return taken;
    }

    /** A longer name may take one more block of its directory. Under the lock. */
    void needRoom(Path path) throws IOException {
        if (freeBytes <= 0) {
            throw new FileSystemException(path.toString(), null, FULL);
        }
    }

    void giveBack(int bytes) {
        freeBytes += bytes;
    }

    /** Before a file is opened. Under the lock. */
    void takeDescriptor(Path path) throws IOException {
        if (openChannels >= descriptors) {
            refusedOpenings++;
            throw new FileSystemException(path.toString(), null, "Too many open files");
        }
    }

    /** Under the lock. */
    void opened() {
        openChannels++;
    }

    void closed() {
        locked(() -> openChannels--);
    }

    /** What a path leads to; null where it leads nowhere. Under the lock. */
    @Nullable DiskNode find(Path path) throws NotDirectoryException {
        DiskNode node = top;
        for (Path name : path.toAbsolutePath().normalize()) {
            if (!(node instanceof DiskFolder folder)) {
                throw new NotDirectoryException(path.toString());
            }
            node = folder.get(name.toString());
            if (node == null) {
                return null;
            }
        }
        return node;
    }

    DiskNode get(Path path) throws IOException {
        DiskNode node = find(path);
        if (node == null) {
            throw new NoSuchFileException(path.toString());
        }
        return node;
    }

    DiskFolder folderOf(Path path) throws IOException {
        Path parent = path.toAbsolutePath().normalize().getParent();
        if (parent == null) {
            throw new FileSystemException(path.toString(), null, "has no directory");
        }
        if (get(parent) instanceof DiskFolder folder) {
            return folder;
        }
        throw new NotDirectoryException(parent.toString());
    }
}
