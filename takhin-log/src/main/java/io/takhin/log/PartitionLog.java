package io.takhin.log;

import io.takhin.base.Clock;
import io.takhin.log.file.FileRegion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * One partition on disk: record batches in the order of their offsets, in Kafka's files.
 *
 * <p>An I/O error takes the whole directory offline: leaders then refuse with KAFKA_STORAGE_ERROR,
 * everything else throws {@link KafkaStorageException}.
 *
 * <p>Threads: any. What changes the log takes its lock, for as long as the bytes are written; reads
 * take none. A thread that changes a log must not be interrupted: that closes the file under it.
 *
 * <p>Invariants: {@code logStartOffset <= logEndOffset} and {@code durableEndOffset <=
 * logEndOffset}; offsets rise from batch to batch, and so do leader epochs.
 */
public final class PartitionLog implements AutoCloseable {
    private final LogState state;
    private final LogGuard guard;
    private final LogDurability durability;
    private final LogAppender appender;
    private final LogCutter cutter;
    private final LogStart start;
    private final LogFiles files;
    private final LogIdentity identity;

    PartitionLog(
            LogHost host, LogConfig config, Uuid topicId, LogState.Loaded loaded, Origins origins) {
        this.state = new LogState(host, config, loaded);
        this.guard = new LogGuard(state);
        this.durability = new LogDurability(state, origins.durableEnd(), !origins.cleanStop());
        this.appender = new LogAppender(state);
        this.cutter = new LogCutter(state, durability);
        this.start = new LogStart(state, guard, cutter, durability);
        this.files = new LogFiles(state, guard);
        this.identity = new LogIdentity(state, durability, topicId, origins.cleanStop());
        state.noteDirty(origins.durableEnd());
    }

    /**
     * How a log came to be.
     *
     * @param durableEnd how much of it is known to be on disk
     * @param cleanStop whether it was left in order; false too where it was made just now
     */
    record Origins(long durableEnd, boolean cleanStop) {}

    /**
     * Opens a log on its own, outside of any {@link LogDirectory}: makes its directory where there
     * is none, and checks every batch that is there. Nothing becomes durable but by {@link #flush}.
     */
    public static PartitionLog open(
            Path directory, TopicPartition partition, Uuid topicId, LogConfig config, Clock clock)
            throws IOException {
        LoneHost host = new LoneHost(clock, _ -> {});
        return LoneHost.open(directory, partition, topicId, config, host, 0);
    }

    public TopicPartition topicPartition() {
        return state.partition;
    }

    public Uuid topicId() {
        return identity.topicId();
    }

    /**
     * Whether the log is that of a topic, by the id in its directory: where that cannot be read, or
     * only one character of it is another, the directory's name alone says.
     */
    public boolean isOf(Uuid topic) {
        return identity.isOf(topic);
    }

    LogIdentity identity() {
        return identity;
    }

    public Path directory() {
        return state.directory;
    }

    public LogConfig config() {
        return state.config;
    }

    /** Takes effect with the next append. */
    public void reconfigure(LogConfig config) {
        state.config = config;
        durability.reconfigured(this);
    }

    /** Whether a producer's batch comes in another codec than the topic is to have. */
    public boolean recompresses(ByteBuffer batch) {
        return Recompression.isNeeded(batch, state.config.compression());
    }

    /**
     * A producer's batch in the codec of the topic; to be appended then. Takes the time of a
     * decompression and a compression, and no lock.
     */
    public Recompressed recompress(ByteBuffer batch) {
        return Recompression.of(batch, state.config, state.host.clock().wallMillis());
    }

    /**
     * Writes batches with the next offsets.
     *
     * @param batches whole v2 batches between position and limit; changed in place, and consumed
     *     before this returns
     */
    public Append appendAsLeader(ByteBuffer batches, int leaderEpoch, Origin origin) {
        return intake().asLeader(batches, leaderEpoch, origin);
    }

    /**
     * Writes batches whose offsets and leader epochs are final: fetched from a leader, or made by
     * the quorum. A batch that is cut off at the end is left out.
     *
     * @throws org.apache.kafka.common.errors.CorruptRecordException when a batch is damaged
     * @throws IllegalArgumentException when they do not follow what is there
     */
    public void appendAsFollower(ByteBuffer batches) {
        intake().asFollower(batches);
    }

    private LogIntake intake() {
        return new LogIntake(this, state, guard, appender, cutter);
    }

    public long logStartOffset() {
        return state.view.start();
    }

    public long logEndOffset() {
        return state.view.end();
    }

    /** What lies below survives a power cut. */
    public long durableEndOffset() {
        return durability.durableEnd();
    }

    /** Up to where a consumer may read that wants only what is decided (KIP-98). */
    public long lastStableOffset(long highWatermark) {
        return Math.max(transactions().lastStable(highWatermark), state.view.start());
    }

    @SuppressWarnings(
            "GuardedBy") // The reference never changes, and transactions may be asked by anybody.
    private Transactions transactions() {
        return state.producers.transactions();
    }

    /**
     * Reads whole batches from the one that holds the offset. Does not wait for a check of what lay
     * on the disk before this process: the answer may be {@link LogRead.Unchecked}.
     *
     * @param bytesMax the last batch may be cut off there; a first batch that is larger is returned
     *     whole, or not at all
     * @param atLeastOneBatch whether such a batch is wanted
     * @param endOffset batches that reach it are not returned
     * @param endIsAsked whether {@link LogRead.Found#endOffset} is to be near the end of what was
     *     found, at the price of a look into the index
     */
    public LogRead readIfChecked(
            long offset,
            int bytesMax,
            boolean atLeastOneBatch,
            long endOffset,
            boolean endIsAsked) {
        Wish wish = new Wish(offset, bytesMax, atLeastOneBatch, endOffset, endIsAsked);
        return guard.find(() -> reader().read(wish));
    }

    /** As {@link #readIfChecked}, but has checked what has to be: for threads that may wait. */
    public LogRead read(long offset, int bytesMax, boolean atLeastOneBatch, long endOffset) {
        LogRead read = readIfChecked(offset, bytesMax, atLeastOneBatch, endOffset, false);
        while (read instanceof LogRead.Unchecked unchecked) {
            unchecked.check().run();
            read = readIfChecked(offset, bytesMax, atLeastOneBatch, endOffset, false);
        }
        return read;
    }

    /** The first record that is as late as the timestamp, milliseconds. */
    public FoundOffset findByTimestamp(long timestamp) {
        return guard.find(() -> new TimestampSearch(state, reader()).findByTimestamp(timestamp));
    }

    /** The first of the records with the largest timestamp. */
    public FoundOffset findMaxTimestamp() {
        return guard.find(() -> new TimestampSearch(state, reader()).findMaxTimestamp());
    }

    /**
     * Transactions that were rolled back and have records in the range. Waits for the disk where
     * what indexes say of it has not been held against the batches.
     */
    public List<AbortedTransaction> abortedTransactions(long from, long to) {
        return guard.find(() -> cleaning().abortedTransactions(from, to));
    }

    /** The same for threads that may not wait: empty where the other has to be called first. */
    public Optional<List<AbortedTransaction>> abortedTransactionsIfChecked(long from, long to) {
        return guard.find(() -> reader().abortedTransactions(from, to, false));
    }

    /**
     * Whether the log still has what was found: else what it was asked since may not be about it,
     * and the same must be read again.
     */
    public boolean has(LogRead.Found found) {
        return found.records() instanceof FileRegion region && state.view.has(region.file());
    }

    private LogReader reader() {
        return new LogReader(state, guard);
    }

    /** Where its leader epochs began and ended. */
    public LogEpochs epochs() {
        return new LogEpochs(state, guard);
    }

    /** Drops records at the offset and after it, if there are any. */
    public void truncateTo(long offset) {
        guard.change(() -> cutter.truncateTo(offset));
    }

    /** Drops all records; the next one gets the offset. */
    public void truncateFullyAndStartAt(long offset) {
        guard.change(() -> cutter.restartAt(offset, offset));
    }

    /**
     * Records below the offset are deleted for every reader; does nothing when they already are.
     *
     * @throws IllegalArgumentException when the offset lies behind the log's end
     */
    public void advanceLogStart(long offset) {
        long before = state.view.start();
        start.advance(offset);
        if (state.view.start() > before) {
            state.host.startMoved(this);
        }
    }

    public List<ActiveProducer> activeProducers() {
        state.lock.lock();
        try {
            return state.producers.active();
        } finally {
            state.lock.unlock();
        }
    }

    /** Bytes of record batches. */
    public long sizeInBytes() {
        return state.view.sizeInBytes();
    }

    public int segmentCount() {
        return state.view.segments().size();
    }

    /** Told after every flush, on the thread that did it. */
    public void onDurable(DurableListener listener) {
        durability.addListener(listener);
    }

    /**
     * Whether an append must not be answered yet, whatever its producer asked for: it left as many
     * records unflushed as the topic has flushed at once ({@code flush.messages}). The flush is
     * under way, {@link #onDurable} tells when it is done. Kafka flushes within the append.
     *
     * @param end the offset behind what was appended
     */
    public boolean isFlushAwaited(long end) {
        return durability.isFlushAwaited(end);
    }

    /** Asks for a flush and returns at once; {@link #onDurable} tells when it is done. */
    public void requestFlush() {
        state.host.requestFlush(this);
    }

    /** As {@link #requestFlush}, and the recovery points are written soon, as after an append. */
    void requestCheckpoint() {
        state.host.startMoved(this);
    }

    /** Returns when all that the log holds now is on disk. */
    public void flush() {
        state.host.flush(this);
        if (!state.host.isOnline()) {
            throw new KafkaStorageException("partition " + state.partition + " is offline");
        }
    }

    /** Deleted, or its directory closed: nothing is written any more. */
    boolean isClosed() {
        return state.closed;
    }

    /** The log as those see it who take old records out of it. */
    LogCleaning cleaning() {
        return new LogCleaning(state, guard, reader(), cutter, start, appender);
    }

    LogFiles files() {
        return files;
    }

    LogDurability durability() {
        return durability;
    }

    /** Where segments are known to be durable; what a restart may trust. */
    long recoveryPoint() {
        return durability.recoveryPoint();
    }

    /**
     * What a restart would trust: below it neither recovery nor the directory's journal changes
     * anything. Whoever writes a closed segment anew waits until this covers it.
     */
    public long writtenRecoveryPoint() {
        return state.host.writtenRecoveryPoint(state.partition);
    }

    /** As {@link LogDurability#hasStartOfItsOwn}. */
    boolean hasStartOfItsOwn() {
        return durability.hasStartOfItsOwn();
    }

    void expireProducers(Duration idleMax) {
        state.lock.lock();
        try {
            state.producers.expire(state.host.clock().wallMillis(), idleMax.toMillis());
        } finally {
            state.lock.unlock();
        }
    }

    /** Flushes, and leaves the files as Kafka leaves them. */
    @Override
    public void close() {
        if (state.closed) {
            return;
        }
        if (state.host.isOnline()) {
            files.finish();
            state.host.flush(this);
        }
        files.release();
    }
}
