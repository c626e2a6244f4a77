package io.takhin.replication;

import io.takhin.log.Append;
import io.takhin.log.Cleanup;
import io.takhin.log.LogConfig.FlushPolicy;
import io.takhin.log.LogRead;
import io.takhin.log.Origin;
import io.takhin.log.PartitionLog;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * One replica of a partition on this broker: its log, who leads it, and how far its records are
 * safe and visible.
 *
 * <p>Two offsets are kept apart. Records below <em>committed</em> survive the loss of power on
 * every in-sync replica: what acks=all waits for. Records below the <em>high watermark</em> may be
 * read by consumers: the committed ones, and those whose producer asked for less than acks=all.
 *
 * <p>Threads: any. One lock is held while a batch is written and while leadership changes, never
 * while waiting; readers take none.
 */
public final class Partition {
    /** Data is not replicated yet: a partition's only replica is its leader. */
    private static final int IN_SYNC = 1;

    private final PartitionLog log;
    private final int self;
    private final ReentrantLock leadership = new ReentrantLock();
    private final Commits commits = new Commits();

    /** Null until somebody waits here for the first time. */
    private volatile @Nullable Set<AdvanceSignal> signals;

    private final AtomicLong highWatermark = new AtomicLong();

    private volatile ReplicaState state = new ReplicaState.Follower(-1, -1);

    private volatile int minInSyncReplicas;

    Partition(PartitionLog log, int self, int minInSyncReplicas) {
        this.log = log;
        this.self = self;
        this.minInSyncReplicas = minInSyncReplicas;
        log.onDurable((source, offset) -> onDurable(offset));
    }

    public TopicPartition topicPartition() {
        return log.topicPartition();
    }

    public Uuid topicId() {
        return log.topicId();
    }

    public PartitionLog log() {
        return log;
    }

    public ReplicaState state() {
        return state;
    }

    public boolean isLeader() {
        return state instanceof ReplicaState.Leader;
    }

    /** NONE when this broker leads the partition and the caller's idea of the epoch is current. */
    public Errors checkLeader(int callersEpoch) {
        return switch (state) {
            case ReplicaState.Offline offline -> offline.outcome();
            case ReplicaState.Follower follower -> {
                Errors byEpoch = checkEpoch(callersEpoch, follower.leaderEpoch());
                yield byEpoch == Errors.NONE ? Errors.NOT_LEADER_OR_FOLLOWER : byEpoch;
            }
            case ReplicaState.Leader leader -> checkEpoch(callersEpoch, leader.leaderEpoch());
        };
    }

    private static Errors checkEpoch(int callers, int current) {
        if (callers < 0 || callers == current) {
            return Errors.NONE;
        }
        return callers < current ? Errors.FENCED_LEADER_EPOCH : Errors.UNKNOWN_LEADER_EPOCH;
    }

    /**
     * Writes batches as the partition's leader.
     *
     * @param safe whether the writer will wait for the records to be committed (acks=all)
     */
    public Append append(ByteBuffer batches, Origin origin, boolean safe) {
        if (safe && minInSyncReplicas > IN_SYNC) {
            return new Append.Refused(
                    Errors.NOT_ENOUGH_REPLICAS,
                    "min.insync.replicas is %d, in sync is %d"
                            .formatted(minInSyncReplicas, IN_SYNC));
        }
        Append outcome;
        leadership.lock();
        try {
            switch (state) {
                case ReplicaState.Leader leader ->
                        outcome = log.appendAsLeader(batches, leader.leaderEpoch(), origin);
                case ReplicaState.Follower _ -> {
                    return new Append.Refused(Errors.NOT_LEADER_OR_FOLLOWER, "led elsewhere");
                }
                case ReplicaState.Offline offline -> {
                    return new Append.Refused(offline.outcome(), offline.why());
                }
            }
        } finally {
            leadership.unlock();
        }
        if (outcome instanceof Append.Done done) {
            afterAppend(done.lastOffset() + 1, safe);
        }
        return outcome;
    }

    private void afterAppend(long end, boolean safe) {
        boolean interval = log.config().flushPolicy() == FlushPolicy.INTERVAL;
        if (interval || !safe) {
            show(end);
        }
        if (interval && !log.isFlushAwaited(end)) {
            commits.advanceTo(end);
        } else if (safe) {
            log.requestFlush();
        }
    }

    /**
     * Whether a producer with acks=1 has to {@link #await} the flush of what it wrote, because the
     * topic wants so many records flushed at once. With acks=all it waits in any case.
     *
     * @param end the offset behind its records
     */
    public boolean isFlushAwaited(long end) {
        return log.isFlushAwaited(end);
    }

    /** Visible first: a producer that was answered must find its records when it looks for them. */
    private void onDurable(long offset) {
        show(offset);
        commits.advanceTo(offset);
    }

    /**
     * The high watermark only rises: two appenders that race must not take records from a reader.
     */
    private void show(long offset) {
        if (highWatermark.getAndAccumulate(offset, Math::max) < offset) {
            signalAll();
        }
    }

    /** Tells the waiter when its records are committed, or why they will not be. */
    public void await(CommitWait wait) {
        commits.await(wait);
        // Leadership may have ended between the append and the wait; nobody else would tell.
        switch (state) {
            case ReplicaState.Leader _ -> {}
            case ReplicaState.Follower _ -> commits.failAll(Errors.NOT_LEADER_OR_FOLLOWER);
            case ReplicaState.Offline offline -> commits.failAll(offline.outcome());
        }
    }

    public long committed() {
        return commits.committed();
    }

    public long highWatermark() {
        return highWatermark.get();
    }

    public long lastStableOffset() {
        return log.lastStableOffset(highWatermark.get());
    }

    /** The offset before which a reader of this kind may read. */
    public long end(ReadUpTo upTo) {
        return switch (upTo) {
            case LOG_END -> log.logEndOffset();
            case HIGH_WATERMARK -> highWatermark.get();
            case LAST_STABLE -> lastStableOffset();
        };
    }

    /**
     * As {@link #read}, for event loops: where records have to be checked first, the answer is
     * {@link LogRead.Unchecked}.
     */
    public LogRead readIfChecked(
            long offset, int bytesMax, boolean atLeastOneBatch, ReadUpTo upTo) {
        // Only a reader of committed records is told which transactions they belong to.
        boolean endIsAsked = upTo == ReadUpTo.LAST_STABLE;
        return log.readIfChecked(offset, bytesMax, atLeastOneBatch, end(upTo), endIsAsked);
    }

    /** Reads whole batches from an offset on; the caller releases the region it gets. */
    public LogRead read(long offset, int bytesMax, boolean atLeastOneBatch, ReadUpTo upTo) {
        return log.read(offset, bytesMax, atLeastOneBatch, end(upTo));
    }

    public void addSignal(AdvanceSignal signal) {
        Set<AdvanceSignal> known = signals;
        (known == null ? makeSignals() : known).add(signal);
    }

    private Set<AdvanceSignal> makeSignals() {
        leadership.lock();
        try {
            Set<AdvanceSignal> made = signals;
            if (made == null) {
                made = ConcurrentHashMap.newKeySet();
                signals = made;
            }
            return made;
        } finally {
            leadership.unlock();
        }
    }

    public void removeSignal(AdvanceSignal signal) {
        Set<AdvanceSignal> known = signals;
        if (known != null) {
            known.remove(signal);
        }
    }

    /**
     * Moves the log's start up to an offset that consumers can see (DeleteRecords, KIP-107). Not in
     * a topic that is only compacted: it keeps the last record of every key, whatever its age.
     */
    public Errors deleteRecordsBefore(long offset) {
        Cleanup cleanup = log.config().cleanup();
        if (cleanup.compacts() && !cleanup.deletes()) {
            return Errors.POLICY_VIOLATION;
        }
        if (offset > highWatermark.get() || offset < 0) {
            return Errors.OFFSET_OUT_OF_RANGE;
        }
        log.advanceLogStart(offset);
        signalAll();
        return Errors.NONE;
    }

    /** The metadata log named a leader. Returns the state that follows from it. */
    ReplicaState onLeader(int epoch, int leaderId) {
        leadership.lock();
        try {
            ReplicaState before = state;
            ReplicaState after = before.onLeader(epoch, leaderId, self);
            if (after.equals(before)) {
                return before;
            }
            if (after instanceof ReplicaState.Leader leader) {
                beginLeading(leader);
            }
            state = after;
        } finally {
            leadership.unlock();
        }
        if (!isLeader()) {
            commits.failAll(Errors.NOT_LEADER_OR_FOLLOWER);
        }
        signalAll();
        return state;
    }

    /** As the only replica, all this broker has is what there is. */
    private void beginLeading(ReplicaState.Leader leader) {
        log.epochs().begin(leader.leaderEpoch());
        long end = log.logEndOffset();
        commits.restartAt(
                log.config().flushPolicy() == FlushPolicy.INTERVAL ? end : log.durableEndOffset());
        highWatermark.set(end);
        log.requestFlush();
    }

    /**
     * The log's disk failed, or the partition was deleted: nothing is written or read here any
     * more.
     */
    void takeOffline(String why, Errors outcome) {
        leadership.lock();
        try {
            state = new ReplicaState.Offline(state.leaderEpoch(), why, outcome);
        } finally {
            leadership.unlock();
        }
        commits.failAll(outcome);
        signalAll();
    }

    void reconfigure(ReplicaConfig config) {
        minInSyncReplicas = config.minInSyncReplicas();
        log.reconfigure(config.log());
    }

    void expireWaits(long nowNanos) {
        commits.expire(nowNanos);
    }

    private void signalAll() {
        Set<AdvanceSignal> known = signals;
        if (known != null) {
            known.forEach(signal -> signal.advanced(this));
        }
    }
}
