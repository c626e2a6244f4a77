package io.takhin.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The descriptors that the files of one data directory keep between uses. At most so many: beyond,
 * those that were not used for the longest time are closed, and opened again when somebody asks.
 * What nobody has used for a while costs none.
 *
 * <p>A file with bytes that were not forced is not closed: the kernel tells of a failed write only
 * to descriptors that were open then. So there may be more than the limit, for as long as the disk
 * is behind.
 *
 * <p>Threads: any.
 */
final class OpenFiles {
    /** Leaves room for connections where a process may have 4096 descriptors. */
    static final int LIMIT = 2000;

    /** So many more than needed are closed at once, so that not every opening has to choose. */
    private static final int BATCH_DIVISOR = 16;

    private final int limit;
    private final Set<SharedFile> open = ConcurrentHashMap.newKeySet();

    /** Counts openings and sweeps: what tells early uses of files from late ones. */
    private final AtomicLong age = new AtomicLong();

    private long ageOfSweep;

    /** When somebody last looked for files to close and found too few; 0 when all went well. */
    private final AtomicLong ageOfLook = new AtomicLong();

    private final AtomicBoolean watched = new AtomicBoolean();
    private volatile Runnable watcher = () -> {};

    OpenFiles(int limit) {
        this.limit = limit;
    }

    /**
     * Who is told of the first file that opens, and of the next one after a sweep that left none
     * open; not to do more than to take a note.
     */
    void watch(Runnable newWatcher) {
        watcher = newWatcher;
    }

    /** Grows with time; what was used at a smaller one was used earlier. */
    long age() {
        return age.get();
    }

    int count() {
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

    /** Closes what is too much. Nobody who calls this holds a file's lock. */
    void makeRoom() {
        int size = open.size();
        long now = age.get();
        long looked = ageOfLook.get();
        // Where all have to stay open, the next look must be the rarer the more there are.
        boolean due = now - looked > size / BATCH_DIVISOR || looked == 0;
        if (size <= limit || !due || !ageOfLook.compareAndSet(looked, now)) {
            return;
        }
        int wanted = size - limit + limit / BATCH_DIVISOR;
        for (Candidate candidate : candidates()) {
            if (wanted <= 0) {
                ageOfLook.set(0);
                return;
            }
            if (candidate.file.closeIfUnusedSince(candidate.usedAt)) {
                wanted--;
            }
        }
        if (wanted <= 0) {
            ageOfLook.set(0);
        }
    }

    private record Candidate(SharedFile file, long usedAt) {}

    /** Ages are taken once: they change while others use their files. */
    private List<Candidate> candidates() {
        List<Candidate> candidates = new ArrayList<>(open.size());
        for (SharedFile file : open) {
            if (!file.isUnsynced()) {
                candidates.add(new Candidate(file, file.usedAt()));
            }
        }
        candidates.sort(Comparator.comparingLong(Candidate::usedAt));
        return candidates;
    }

    /**
     * Closes what nobody has used since the sweep before this one; to be called from time to time
     * by one thread.
     *
     * @param sync brings files to the disk that were written, before they are closed
     * @return whether anything stays open and another sweep is needed
     */
    boolean sweep(Sync sync) throws IOException {
        watched.set(false);
        long before = ageOfSweep;
        ageOfSweep = age.incrementAndGet();
        List<SharedFile> idle = open.stream().filter(file -> file.usedAt() < before).toList();
        List<SharedFile> unsynced = idle.stream().filter(SharedFile::isUnsynced).toList();
        if (!unsynced.isEmpty()) {
            sync.sync(unsynced);
        }
        for (SharedFile file : idle) {
            // A sync is a use, but not one that others want the descriptor for.
            file.closeIfUnusedSince(unsynced.isEmpty() ? before - 1 : age.get());
        }
        // Whoever opened one since the begin has told the watcher itself.
        return !open.isEmpty() && watched.compareAndSet(false, true);
    }

    /** How many files are brought to the disk. */
    @FunctionalInterface
    interface Sync {
        void sync(List<SharedFile> files) throws IOException;
    }
}
