package io.takhin.log;

import io.takhin.base.Threads;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much may still be written to the file system of a data directory. When clients' records have
 * taken all but the reserve, they are refused until there is space again; everything else goes on,
 * out of the reserve.
 *
 * <p>The disk is asked from time to time; in between, what is appended is counted, and the disk is
 * asked again each time half of what was left is gone. So a fast writer cannot pass the mark, and a
 * disk with much space is asked seldom.
 *
 * <p>Threads: any may ask; one of its own looks at the disk.
 */
public final class DiskSpace implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DiskSpace.class);

    /** What other programs may write to the disk meanwhile, at most, in a second. */
    private static final long FOREIGN_BYTES_PER_SECOND = 1L << 30;

    private static final long LOOK_MILLIS_MIN = 250;
    private static final long LOOK_MILLIS_MAX = 30_000;
    private static final long LOOK_MILLIS_READ_ONLY = 1000;

    /** After the disk was really full: the figures were wrong then, so let it rest. */
    private static final int LOOKS_AFTER_FULL = 5;

    private final Path root;
    private final Store store;
    private final DiskReserve reserve;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong left = new AtomicLong(Long.MAX_VALUE);
    private volatile long lookAgainBelow;
    private volatile int refusedBytes;
    private volatile @Nullable String refusal;
    private final AtomicInteger looksToWait = new AtomicInteger();

    /** The disk did not answer when it was last asked. */
    private volatile boolean blind;

    private volatile @Nullable Thread watcher;
    private volatile boolean closed;

    /** The file system's own figures, bytes. */
    interface Store {
        long usable() throws IOException;

        long total() throws IOException;

        static Store of(Path root) throws IOException {
            // Looked up once: finding the mount of a path costs more than asking it.
            FileStore found = Files.getFileStore(root);
            return new Store() {
                @Override
                public long usable() throws IOException {
                    return found.getUsableSpace();
                }

                @Override
                public long total() throws IOException {
                    return found.getTotalSpace();
                }
            };
        }
    }

    /** Is told when clients' records begin to be refused, and when they are taken again. */
    public interface Listener {
        void readOnly(String why);

        void writable();
    }

    DiskSpace(Path root, Store store, DiskReserve reserve) {
        this.root = root;
        this.store = store;
        this.reserve = reserve;
        look();
    }

    void start() {
        if (!reserve.isNone()) {
            watcher = Threads.start("disk-space", this::watch);
        }
    }

    /** Called at once when the disk is low already. */
    public void addListener(Listener listener) {
        listeners.add(listener);
        String why = refusal;
        if (why != null) {
            listener.readOnly(why);
        }
    }

    /** Of the whole file system. */
    public long totalBytes() throws IOException {
        return store.total();
    }

    /** What may still be written to it, the reserve included. */
    public long usableBytes() throws IOException {
        return store.usable();
    }

    public boolean isReadOnly() {
        return refusal != null;
    }

    /** Why clients' records are refused, and what helps; null while they are taken. */
    public @Nullable String refusal() {
        return refusal;
    }

    /** Whether so many bytes may be appended; counts them. */
    boolean take(int bytes, Origin origin) {
        if (reserve.isNone()) {
            return true;
        }
        boolean client = origin == Origin.CLIENT;
        if (client && refusal != null) {
            return false;
        }
        long now = left.addAndGet(-bytes);
        if (now < lookAgainBelow) {
            wake();
        }
        if (client && now < 0) {
            refusedBytes = bytes;
            return false;
        }
        return true;
    }

    /**
     * Whether so many bytes may be written that take the place of others later. They may come out
     * of one half of the reserve: compaction makes space in the end, but group offsets and metadata
     * must find some meanwhile.
     */
    boolean hasRoomToRewrite(long bytes) {
        return leaves(bytes, 2);
    }

    /** Whether so many bytes may be taken to be kept, all of them beside the reserve. */
    boolean hasRoomToKeep(long bytes) {
        return leaves(bytes, 1);
    }

    /** Whether that part of the reserve is left. */
    private boolean leaves(long bytes, int divisor) {
        if (reserve.isNone()) {
            return true;
        }
        try {
            return store.usable() - bytes >= reserve.bytesOf(store.total()) / divisor;
        } catch (IOException e) {
            log.debug("cannot ask {} for its space", root, e);
            return !isReadOnly();
        }
    }

    /** A write met the end of the disk. */
    void full(IOException cause) {
        if (reserve.isNone()) {
            log.error(
                    "the disk of {} is full: delete topics or records, or enlarge it", root, cause);
            return;
        }
        looksToWait.set(LOOKS_AFTER_FULL);
        refuse(String.valueOf(cause.getMessage()));
        wake();
    }

    private void wake() {
        // One at a time is enough: the next look sets the mark anew.
        lookAgainBelow = Long.MIN_VALUE;
        LockSupport.unpark(watcher);
    }

    private void watch() {
        while (!closed) {
            look();
            LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(untilNextLook()));
        }
    }

    private long untilNextLook() {
        return isReadOnly()
                ? LOOK_MILLIS_READ_ONLY
                : Math.clamp(
                        left.get() / (FOREIGN_BYTES_PER_SECOND / 1000),
                        LOOK_MILLIS_MIN,
                        LOOK_MILLIS_MAX);
    }

    /** Asks the disk, and decides. */
    void look() {
        if (reserve.isNone()) {
            return;
        }
        try {
            decide(store.usable(), store.total());
            blind = false;
        } catch (IOException e) {
            goOnWithoutFigures(e);
        }
    }

    /** A disk that cannot be asked may still be written; if it is full, writes say so. */
    private void goOnWithoutFigures(Exception why) {
        if (!blind) {
            blind = true;
            log.warn(
                    "{} does not say how much space it has: no reserve is kept, and records are"
                            + " refused only when a write has failed: {}",
                    root,
                    why.toString());
        }
        left.set(Long.MAX_VALUE);
        refusedBytes = 0;
        if (isReadOnly() && looksToWait.getAndUpdate(n -> Math.max(0, n - 1)) <= 0) {
            log.info("produce requests for {} are tried again", root);
            reopen();
        }
    }

    private void reopen() {
        refusal = null;
        listeners.forEach(Listener::writable);
    }

    private void decide(long usable, long total) {
        long kept = reserve.bytesOf(total);
        long free = usable - kept;
        left.set(free);
        lookAgainBelow = free / 2;
        // What is left must be worth opening for, or the broker would open and close all the time.
        long enough = isReadOnly() ? kept / 4 : Math.max(kept / 16, refusedBytes);
        refusedBytes = 0;
        if (isReadOnly() && looksToWait.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            return;
        }
        if (free < enough || free <= 0) {
            refuse(
                    "%d of %d bytes are free and %d are kept in reserve"
                            .formatted(usable, total, kept));
        } else if (isReadOnly()) {
            log.info("{} has {} bytes free: produce requests are taken again", root, usable);
            reopen();
        }
    }

    private void refuse(String why) {
        if (isReadOnly()) {
            return;
        }
        String advice =
                "the disk of %s is nearly full (%s): delete topics or records, lower retention, or"
                                .formatted(root, why)
                        + " enlarge the disk";
        refusal = advice;
        log.error("{}; produce requests are refused until then, all others are served", advice);
        listeners.forEach(listener -> listener.readOnly(advice));
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(watcher);
    }
}
