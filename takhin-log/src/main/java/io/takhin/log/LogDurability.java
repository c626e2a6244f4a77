package io.takhin.log;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How much of a log has reached the disk, and what must be brought there for the rest.
 *
 * <p>Threads: any may ask; one thread at a time plans a flush and completes it.
 */
final class LogDurability {
    private static final long NEVER = Long.MIN_VALUE;

    private final LogState state;
    private final List<DurableListener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean queued = new AtomicBoolean();
    private volatile long durableEnd;

    /** When the oldest record that is not durable was written, nanoseconds. */
    private volatile long unflushedSince = NEVER;

    /** Bytes of batches that are not durable. Changed under the log's lock. */
    private volatile long unflushedBytes;

    /** The directory itself, and its first files, are not known to the disk. */
    private volatile boolean newDirectory;

    LogDurability(LogState state, long durableEnd, boolean newDirectory) {
        this.state = state;
        this.durableEnd = durableEnd;
        this.newDirectory = newDirectory;
    }

    long durableEnd() {
        return durableEnd;
    }

    void addListener(DurableListener listener) {
        listeners.add(listener);
    }

    /** True when the log was not yet waiting for the flusher. */
    boolean enqueue() {
        return queued.compareAndSet(false, true);
    }

    boolean isFlushed() {
        return durableEnd >= state.view.end();
    }

    long unflushedBytes() {
        return unflushedBytes;
    }

    /** Called under the log's lock, after so many bytes of records were written. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // Only ever changed under the log's lock.
    void written(PartitionLog log, int bytes) {
        unflushedBytes += bytes;
        if (unflushedSince == NEVER) {
            unflushedSince = state.host.clock().nanos();
            state.host.unflushed(log);
        }
        if (state.view.end() - durableEnd >= state.config.flushMessages()) {
            state.host.requestFlush(log);
        }
    }

    /** Nanoseconds until the log must be flushed; 0 or less when it is due. */
    long nanosUntilDue(long now) {
        long since = unflushedSince;
        if (since == NEVER) {
            return Long.MAX_VALUE;
        }
        long ageMax;
        try {
            ageMax = state.config.flushAge().toNanos();
        } catch (ArithmeticException e) {
            // Kafka's default is "never": more nanoseconds than a long holds.
            return Long.MAX_VALUE;
        }
        return ageMax - (now - since);
    }

    /** Under the log's lock: what lies at the offset or after it is gone. */
    void cutTo(long offset) {
        durableEnd = Math.min(durableEnd, offset);
        unflushedBytes = 0;
    }

    /** A restart would trust more of this log than is durable now. */
    boolean isRecoveryPointTooHigh() {
        return state.host.writtenRecoveryPoint(state.partition) > durableEnd;
    }

    /**
     * One flush of one log.
     *
     * @param directory the partition's
     * @param view what will be durable when it is done
     * @param bytes of batches that will be durable then, and are not now
     * @param closed segments that take no more records
     * @param files to be synced
     * @param paths small files and directories to be synced
     */
    record Plan(
            Path directory,
            LogView view,
            long bytes,
            List<Segment> closed,
            List<SharedFile> files,
            List<Path> paths) {}

    Plan plan() {
        queued.set(false);
        unflushedSince = NEVER;
        state.lock.lock();
        try {
            List<Segment> closed = List.copyOf(state.justClosed);
            state.justClosed.clear();
            List<SharedFile> files = new ArrayList<>();
            closed.forEach(segment -> files.addAll(dataAndIndexes(segment)));
            LogView view = state.view;
            if (!view.segments().isEmpty()) {
                if (!closed.contains(view.active())) {
                    files.add(view.active().file());
                }
                view.segments().stream()
                        .map(Segment::transactions)
                        .filter(TransactionIndex::takeUnsynced)
                        .forEach(index -> files.add(index.file()));
            }
            return new Plan(state.directory, view, unflushedBytes, closed, files, changedPaths());
        } finally {
            state.lock.unlock();
        }
    }

    private static List<SharedFile> dataAndIndexes(Segment segment) {
        return List.of(
                segment.file(),
                segment.offsets().entries().file(),
                segment.times().entries().file());
    }

    private List<Path> changedPaths() {
        List<Path> paths = new ArrayList<>(state.snapshots.takeUnsynced());
        Path directory = state.directory;
        state.namesChanged |= !paths.isEmpty();
        if (state.epochs.takeUnsynced()) {
            paths.add(directory.resolve(LeaderEpochs.NAME));
            state.namesChanged = true;
        }
        if (newDirectory) {
            paths.add(directory.resolve(PartitionMetadataFile.NAME));
            paths.add(directory.getParent());
            state.namesChanged = true;
            newDirectory = false;
        }
        if (state.namesChanged) {
            paths.add(directory);
            state.namesChanged = false;
        }
        return paths;
    }

    /**
     * What the plan named is on the disk.
     *
     * @return false when the log was cut meanwhile and has to be flushed once more
     */
    boolean complete(PartitionLog log, Plan plan) {
        state.lock.lock();
        try {
            plan.closed().forEach(Segment::closeForWriting);
            if (plan.view().cuts() != state.view.cuts()) {
                return false;
            }
            durableEnd = Math.max(durableEnd, plan.view().end());
            unflushedBytes = Math.max(0, unflushedBytes - plan.bytes());
        } finally {
            state.lock.unlock();
        }
        long end = plan.view().end();
        listeners.forEach(listener -> listener.durableUpTo(log, end));
        return true;
    }
}
