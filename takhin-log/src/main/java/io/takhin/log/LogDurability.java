package io.takhin.log;

import io.takhin.log.file.SharedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much of a log has reached the disk, and what must be brought there for the rest.
 *
 * <p>There are two ends. Up to the durable end records survive a power cut, in the segments or in
 * the directory's journal: what acknowledgements count on. Up to the segments' end they do so in
 * the segments: what a recovery point may say. The second never lies above the first.
 *
 * <p>Threads: any may ask; one thread at a time plans a flush and completes it, another one may
 * settle meanwhile. What is not volatile is guarded by the log's lock.
 */
final class LogDurability {
    private static final Logger logger = LoggerFactory.getLogger(LogDurability.class);
    private static final long NEVER = Long.MIN_VALUE;

    /**
     * What waits for no flush for longer is flushed all the same once its segment is closed, or
     * nothing of the log would ever lie below a recovery point. Kafka does it at once.
     */
    private static final Duration CLOSED_AGE_MAX = Duration.ofMinutes(1);

    private static final AtomicIntegerFieldUpdater<LogDurability> QUEUED =
            AtomicIntegerFieldUpdater.newUpdater(LogDurability.class, "queued");

    private final LogState state;
    private final FlushPlanner planner;
    private final JournalLag lag = new JournalLag();
    private volatile List<DurableListener> listeners = List.of();

    /** 1 while the flusher has it in its queue. */
    @SuppressWarnings("UnusedVariable") // By its updater.
    private volatile int queued;

    private volatile long durableEnd;
    private volatile long segmentsEnd;
    private volatile long durableStart;

    /** Of the flush that was planned last. */
    private long plannedStart;

    /** When the oldest record that is not durable was written, nanoseconds. */
    private volatile long unflushedSince = NEVER;

    /** Bytes of batches that are not durable. Changed under the log's lock. */
    private volatile long unflushedBytes;

    /**
     * @param unsettled whether names, and whose the log is, may be unknown to the disk
     */
    LogDurability(LogState state, long durableEnd, boolean unsettled) {
        this.state = state;
        this.planner = new FlushPlanner(state, unsettled);
        this.durableEnd = durableEnd;
        this.segmentsEnd = durableEnd;
        this.durableStart = state.view.start();
        this.plannedStart = durableStart;
    }

    long durableEnd() {
        return durableEnd;
    }

    /** What lies below is durable in the segments, whatever becomes of the journal. */
    long segmentsEnd() {
        return segmentsEnd;
    }

    /** What a restart may trust. */
    long recoveryPoint() {
        return state.epochs.isIncomplete()
                ? Math.min(segmentsEnd, state.host.writtenRecoveryPoint(state.partition))
                : segmentsEnd;
    }

    /** How far the second end lies behind the first. */
    JournalLag lag() {
        return lag;
    }

    /**
     * The log's start as of the last flush. No checkpoint says more: so a start that a restart
     * finds never lies above the log's end, nor before the first leader epoch says the same; one
     * that does is damaged ({@link LogRecovery}).
     */
    long durableStart() {
        return durableStart;
    }

    /**
     * Whether a restart may know of another start than the first segment's, or might not find that
     * segment: of a log that was emptied, nothing else says where it goes on.
     */
    boolean hasStartOfItsOwn() {
        LogView view = state.view;
        long start = durableStart;
        if (view.segments().isEmpty() || start == 0) {
            return false;
        }
        Segment first = view.segments().getFirst();
        return start != first.baseOffset() || (view.segments().size() == 1 && !first.isNamed());
    }

    /** A flush may make more of the log's start durable, once a full disk has room again. */
    boolean isStartBehind() {
        return durableStart < state.view.start();
    }

    /** The partition's directory says something new about whose it is. */
    void identityChanged() {
        planner.identityChanged();
    }

    void addListener(DurableListener listener) {
        state.lock.lock();
        try {
            listeners = Stream.concat(listeners.stream(), Stream.of(listener)).toList();
        } finally {
            state.lock.unlock();
        }
    }

    /** True when the log was not yet waiting for the flusher. */
    boolean enqueue() {
        return QUEUED.compareAndSet(this, 0, 1);
    }

    boolean isFlushed() {
        return durableEnd >= state.view.end();
    }

    /** As {@link PartitionLog#isFlushAwaited}. */
    boolean isFlushAwaited(long end) {
        LogConfig config = state.config;
        return config.flushAwaited() && end - durableEnd >= config.flushMessages();
    }

    long unflushedBytes() {
        return unflushedBytes;
    }

    /** Called under the log's lock, after so many bytes of records were written. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // Only ever changed under the log's lock.
    void written(PartitionLog log, int bytes) {
        unflushedBytes += bytes;
        boolean isFirst = unflushedSince == NEVER;
        if (isFirst) {
            unflushedSince = state.host.clock().nanos();
        }
        if (isFirst || !state.justClosed.isEmpty()) {
            state.host.unflushed(log);
        }
        requestFlushOfMany(log);
    }

    private void requestFlushOfMany(PartitionLog log) {
        if (state.view.end() - durableEnd >= state.config.flushMessages()) {
            state.host.requestFlush(log);
        }
    }

    /** What is unflushed may have to be flushed sooner from now on. */
    void reconfigured(PartitionLog log) {
        if (unflushedSince != NEVER) {
            state.host.unflushed(log);
            requestFlushOfMany(log);
        }
    }

    /** Nanoseconds until the log must be flushed; 0 or less when it is due. */
    long nanosUntilDue(long now) {
        long since = unflushedSince;
        if (since == NEVER) {
            return Long.MAX_VALUE;
        }
        Duration ageMax = state.config.flushAge();
        if (!state.justClosed.isEmpty() && ageMax.compareTo(CLOSED_AGE_MAX) > 0) {
            ageMax = CLOSED_AGE_MAX;
        }
        try {
            return ageMax.toNanos() - (now - since);
        } catch (ArithmeticException e) {
            // Kafka's default is "never": more nanoseconds than a long holds.
            return Long.MAX_VALUE;
        }
    }

    /**
     * Under the log's lock: what lies at the offset or after it goes.
     *
     * @param start of the log then
     */
    void cutTo(long offset, long start) {
        durableStart = Math.min(durableStart, start);
        durableEnd = Math.min(durableEnd, offset);
        segmentsEnd = Math.min(segmentsEnd, offset);
        unflushedBytes = 0;
        planner.cut();
    }

    /**
     * Under the log's lock, after {@link #cutTo}: nothing is left of the log, on the disk too, and
     * its next record gets the offset. A restart may know that before any flush.
     */
    void emptied(long offset) {
        durableStart = offset;
    }

    /** A restart would trust more of this log's segments than is durable now. */
    boolean isRecoveryPointTooHigh() {
        return state.host.writtenRecoveryPoint(state.partition) > segmentsEnd;
    }

    FlushPlan plan() {
        queued = 0;
        unflushedSince = NEVER;
        state.lock.lock();
        try {
            plannedStart = state.epochs.isStartWritten() ? state.view.start() : durableStart;
            return planner.plan(durableEnd, unflushedBytes);
        } finally {
            state.lock.unlock();
        }
    }

    /**
     * Reads the bytes of a range, as they were when it was planned.
     *
     * @return false when the log was cut or deleted since
     */
    boolean read(FlushPlan.Range range, ByteBuffer target) throws IOException {
        SharedFile file = range.segment().file();
        int limit = target.limit();
        int at = target.position();
        target.limit(at + range.bytes());
        try {
            state.host.openFiles().patiently(() -> file.read(target.position(at), range.from()));
        } catch (NoSuchFileException e) {
            if (!file.isDeleted()) {
                throw e;
            }
        }
        boolean whole = !target.hasRemaining();
        target.limit(limit);
        // A cut is seen here before anything is written in the place of what it took.
        return whole && state.view.cuts() == range.cuts();
    }

    /**
     * Read back with the help of the journal: what is behind the durable end may be there only. And
     * the journal may have what is not in the log: as after a cut, that must not come back over
     * what is written next.
     */
    void restored() {
        state.lock.lock();
        try {
            planner.restored();
            LogView view = state.view;
            int first = Math.max(0, view.indexOf(durableEnd));
            lag.restored(view.segments().subList(first, view.segments().size()));
        } finally {
            state.lock.unlock();
        }
    }

    /**
     * What the plan named is on the disk.
     *
     * @return false when the log was cut meanwhile and has to be flushed once more
     */
    boolean complete(PartitionLog log, FlushPlan plan, FlushObserver.Target target) {
        long end = plan.view().end();
        state.lock.lock();
        try {
            state.snapshots.plannedAreSynced();
            if (plan.view().cuts() != state.view.cuts()) {
                return false;
            }
            durableEnd = Math.max(durableEnd, end);
            unflushedBytes = Math.max(0, unflushedBytes - plan.bytes());
            planner.completed(plan);
            durableStart = plannedStart;
            switch (target) {
                case SEGMENTS -> {
                    segmentsEnd = Math.max(segmentsEnd, end);
                    lag.settledAll();
                }
                case JOURNAL -> addJournalled(plan);
            }
        } finally {
            state.lock.unlock();
        }
        listeners.forEach(listener -> tell(listener, log, end));
        return true;
    }

    private static void tell(DurableListener listener, PartitionLog log, long end) {
        try {
            listener.durableUpTo(log, end);
        } catch (RuntimeException e) {
            // Without the flusher nothing would become durable, of all the directory's logs.
            logger.error("a listener of {} failed", log.topicPartition(), e);
        }
    }

    private void addJournalled(FlushPlan plan) {
        FlushPlan.Range range = plan.range();
        if (range != null && range.bytes() > 0) {
            lag.grow(range.segment(), range.bytes());
        }
    }

    /** Makes what only the journal has durable in the segments too. */
    void settle() throws IOException {
        JournalLag.Step step;
        long end;
        int cuts;
        state.lock.lock();
        try {
            step = lag.step();
            end = durableEnd;
            cuts = state.view.cuts();
        } finally {
            state.lock.unlock();
        }
        for (Segment segment : step.segments()) {
            if (!segment.file().isKnownSynced()) {
                state.host.openFiles().patiently(segment.file()::sync);
            }
        }
        state.lock.lock();
        try {
            if (state.view.cuts() == cuts) {
                segmentsEnd = Math.max(segmentsEnd, end);
                lag.settled(step);
            }
        } finally {
            state.lock.unlock();
        }
    }
}
