package io.takhin.log.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The descriptors that the files of one data directory keep between uses. At most so many: beyond,
 * those that were not used for the longest time are closed, and opened again when somebody asks.
 * What nobody has used for a while costs none.
 *
 * <p>A file with bytes that were not forced is not closed: the kernel tells of a failed write only
 * to descriptors that were open then. Where many are open, some are brought to the disk ahead, so
 * that there is always something to close; where that comes too late, whoever opens one more waits
 * until some are on the disk. So there are more than the limit only while they are held.
 *
 * <p>Where the process has no descriptor left all the same, some are given back, and who needs one
 * tries again.
 *
 * <p>Threads: any. Whoever opens a file may have to wait for the disk.
 */
public final class OpenFiles {
    /** So many more than needed are closed at once, so that not every opening has to choose. */
    private static final int BATCH_DIVISOR = 16;

    /** Of the limit: so many files should always be such that they can be closed without a sync. */
    private static final int READY_DIVISOR = 4;

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Before who needs a file is told that there is no descriptor. */
    private static final int ATTEMPTS = 10;

    /** Bound for who is in the middle of something that cannot be left as it is. */
    private static final ScopedValue<Boolean> CHANGING = ScopedValue.newInstance();

    private final int limit;
    private final Host host;
    private final Set<SharedFile> open = ConcurrentHashMap.newKeySet();

    /** Held by who closes files to make room, which may take a sync. */
    private final ReentrantLock closing = new ReentrantLock();

    /** Counts openings and sweeps: what tells early uses of files from late ones. */
    private final AtomicLong age = new AtomicLong();

    private long ageOfSweep;

    /** Partitions' directories on other file systems than the data directory. */
    private final Set<Path> elsewhere = ConcurrentHashMap.newKeySet();

    /** When somebody last looked for files to close and found too few; 0 when all went well. */
    private final AtomicLong ageOfLook = new AtomicLong();

    /** When {@link #prepareRoom} was last asked for; and whether it still is. */
    private volatile long ageOfPreparation;

    private final AtomicBoolean preparing = new AtomicBoolean();

    private final AtomicBoolean watched = new AtomicBoolean();
    private volatile Runnable watcher = () -> {};

    /** Whose files they are. */
    public interface Host {
        /** Brings files to the disk that were written; one call at a time. */
        void sync(List<SharedFile> files) throws IOException;

        /** A sync failed. */
        void fail(IOException cause);

        boolean isOnline();

        /** {@link OpenFiles#prepareRoom} is to be called soon, on another thread. */
        void roomWanted();

        /** The process has no descriptor left, and somebody waits for one; to be said somewhere. */
        void lacksDescriptors(IOException cause);
    }

    /** What can be tried again from the beginning. */
    @FunctionalInterface
    public interface Task {
        void run() throws IOException;
    }

    public OpenFiles(int limit, Host host) {
        this.limit = limit;
        this.host = host;
    }

    /**
     * Who is told of the first file that opens, and of the next one after a sweep that left none
     * open; not to do more than to take a note.
     */
    public void watch(Runnable newWatcher) {
        watcher = newWatcher;
    }

    /** What is in the directory is not synced with the data directory's file system. */
    public void noteElsewhere(Path directory) {
        elsewhere.add(directory);
    }

    /** Whether that was noted of the directory that a file is in, or of itself. */
    public boolean isElsewhere(Path path) {
        return !elsewhere.isEmpty()
                && (elsewhere.contains(path) || elsewhere.contains(path.getParent()));
    }

    /** Grows with time; what was used at a smaller one was used earlier. */
    long age() {
        return age.get();
    }

    public int count() {
        return open.size();
    }

    /** Called by the file, holding its lock. */
    void opened(SharedFile file) {
        open.add(file);
        age.incrementAndGet();
        if (!watched.get() && watched.compareAndSet(false, true)) {
            watcher.run();
        }
    }

    /** Called by the file, holding its lock. */
    void closed(SharedFile file) {
        open.remove(file);
    }

    /**
     * Closes what is too much. Nobody who calls this holds a file's lock.
     *
     * @throws IOException when a sync failed: the host knows
     */
    void makeRoom() throws IOException {
        int size = open.size();
        long looked = ageOfLook.get();
        // Where all are held, the next look must be the rarer the more there are.
        boolean due = looked == 0 || age.get() - looked > size / BATCH_DIVISOR;
        if (size > limit && due) {
            shrink(limit, limit - limit / BATCH_DIVISOR, limit / 2);
            ageOfLook.set(open.size() > limit ? age.get() : 0);
        } else if (size > limit - limit / READY_DIVISOR) {
            wantRoom();
        }
    }

    /** Not for each opening: while there is nothing to prepare, it would be tried for nothing. */
    private void wantRoom() {
        boolean due = age.get() - ageOfPreparation > limit / (2 * READY_DIVISOR);
        if (due && preparing.compareAndSet(false, true)) {
            ageOfPreparation = age.get();
            host.roomWanted();
        }
    }

    /**
     * Brings those to the disk that were written and not used for the longest time, where there is
     * too little that can be closed without: then who opens a file need not wait for the disk.
     */
    public void prepareRoom() throws IOException {
        preparing.set(false);
        closing.lock();
        try {
            List<SharedFile> unsynced = unsynced(candidates());
            if (open.size() - unsynced.size() < limit / READY_DIVISOR && !unsynced.isEmpty()) {
                host.sync(unsynced.subList(0, Math.min(unsynced.size(), limit / 2)));
            }
        } finally {
            closing.unlock();
        }
    }

    private static List<SharedFile> unsynced(List<Candidate> candidates) {
        return candidates.stream().filter(Candidate::unsynced).map(Candidate::file).toList();
    }

    /**
     * @param most so many may stay, of whatever kind
     * @param wanted while there are more than most, so many stay where nothing has to be synced
     * @param wantedAfterSync so many stay where that was not enough: a sync is worth many files
     */
    private void shrink(int most, int wanted, int wantedAfterSync) throws IOException {
        if (closing.isHeldByCurrentThread()) {
            return;
        }
        IOException failure = null;
        closing.lock();
        try {
            if (open.size() > most) {
                List<Candidate> candidates = candidates();
                closeSynced(candidates, open.size() - wanted);
                if (open.size() > most) {
                    syncAndClose(candidates, open.size() - wantedAfterSync);
                }
            }
        } catch (IOException e) {
            failure = e;
        } finally {
            closing.unlock();
        }
        if (failure != null && !ShortageException.isOfDescriptors(failure)) {
            host.fail(failure);
            // Whatever the reason was, even a want of space: nothing of it passes.
            throw new IOException("what was written is not on the disk", failure);
        }
    }

    private record Candidate(SharedFile file, long usedAt, boolean unsynced) {}

    /** Those used longest ago first. Ages are taken once: they change while others use files. */
    private List<Candidate> candidates() {
        List<Candidate> candidates = new ArrayList<>(open.size());
        for (SharedFile file : open) {
            candidates.add(new Candidate(file, file.usedAt(), file.isUnsynced()));
        }
        candidates.sort(Comparator.comparingLong(Candidate::usedAt));
        return candidates;
    }

    private static void closeSynced(List<Candidate> candidates, int count) {
        int left = count;
        for (Candidate candidate : candidates) {
            if (left <= 0) {
                return;
            }
            if (!candidate.unsynced && candidate.file.closeIfUnusedSince(candidate.usedAt)) {
                left--;
            }
        }
    }

    private void syncAndClose(List<Candidate> candidates, int count) throws IOException {
        List<SharedFile> all = unsynced(candidates);
        List<SharedFile> unsynced = all.subList(0, Math.clamp(count, 0, all.size()));
        if (!unsynced.isEmpty()) {
            host.sync(unsynced);
            unsynced.forEach(file -> file.closeIfUnusedSince(Long.MAX_VALUE));
        }
    }

    /**
     * Runs the task until it has found the descriptors it needs, or the host is offline: for what
     * cannot be refused.
     */
    public void patiently(Task task) throws IOException {
        attempt(task, Integer.MAX_VALUE);
    }

    /** As {@link #patiently}, but a few times only: for what somebody may ask for again. */
    public void retrying(Task task) throws IOException {
        attempt(task, attemptsMax());
    }

    /** Runs the task once; whatever it opens waits until there is a descriptor. */
    public void changing(Task task) throws IOException {
        boolean _ =
                ScopedValue.where(CHANGING, true)
                        .call(() -> {
                            task.run();
                            return true;
                        });
    }

    /** How often this thread tries to open a file before it gives up. */
    int attemptsMax() {
        return CHANGING.isBound() ? Integer.MAX_VALUE : ATTEMPTS;
    }

    private void attempt(Task task, int times) throws IOException {
        for (int left = times; ; left--) {
            try {
                task.run();
                return;
            } catch (IOException e) {
                if (left <= 1 || !relieves(e)) {
                    throw e;
                }
            }
        }
    }

    /**
     * Does what helps against an error, if it is a lack of descriptors: closes some, or waits a
     * little. Nobody who calls this holds a file's lock.
     *
     * @return whether to try again makes sense: not while the host is offline
     */
    public boolean relieves(IOException cause) throws IOException {
        if (!ShortageException.isOfDescriptors(cause) || !host.isOnline()) {
            return false;
        }
        host.lacksDescriptors(cause);
        int before = open.size();
        shrink(before - 1, before * 3 / 4, before / 2);
        if (open.size() >= before) {
            LockSupport.parkNanos(this, PAUSE_NANOS);
        }
        return true;
    }

    /**
     * Closes what nobody has used since the sweep before this one; to be called from time to time
     * by one thread.
     *
     * @return whether anything stays open and another sweep is needed
     */
    public boolean sweep() throws IOException {
        watched.set(false);
        long before = ageOfSweep;
        ageOfSweep = age.incrementAndGet();
        List<SharedFile> idle = open.stream().filter(file -> file.usedAt() < before).toList();
        List<SharedFile> unsynced = idle.stream().filter(SharedFile::isUnsynced).toList();
        if (!unsynced.isEmpty()) {
            closing.lock();
            try {
                host.sync(unsynced);
            } finally {
                closing.unlock();
            }
        }
        for (SharedFile file : idle) {
            // A sync is a use, but not one that others want the descriptor for.
            file.closeIfUnusedSince(unsynced.isEmpty() ? before - 1 : age.get());
        }
        // Whoever opened one since the begin has told the watcher itself.
        return !open.isEmpty() && watched.compareAndSet(false, true);
    }
}
