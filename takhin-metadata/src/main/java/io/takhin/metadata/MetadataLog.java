package io.takhin.metadata;

import io.takhin.base.Clock;
import io.takhin.log.DamagedLogException;
import io.takhin.log.DurableMark;
import io.takhin.log.EpochEnd;
import io.takhin.log.LogConfig;
import io.takhin.log.LogRead;
import io.takhin.log.PartitionLog;
import io.takhin.protocol.RecordRegion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.raft.Isolation;
import org.apache.kafka.raft.KafkaRaftClient;
import org.apache.kafka.raft.LogAppendInfo;
import org.apache.kafka.raft.LogFetchInfo;
import org.apache.kafka.raft.LogOffsetMetadata;
import org.apache.kafka.raft.RaftLog;
import org.apache.kafka.raft.ValidOffsetAndEpoch;
import org.apache.kafka.server.common.OffsetAndEpoch;
import org.apache.kafka.snapshot.RawSnapshotReader;
import org.apache.kafka.snapshot.RawSnapshotWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Raft log: {@code __cluster_metadata-0}, a partition log like any other with snapshots beside
 * it. Batches come with their final offsets and epochs, on the leader too.
 *
 * <p>Records are on the disk when an append returns, on the leader as on followers. Kafka's leader
 * counts itself before it has flushed, and a quorum of one would then acknowledge what a power cut
 * takes away.
 *
 * <p>Threads: the Raft thread writes; snapshots are made on their own thread.
 */
final class MetadataLog implements RaftLog {
    static final TopicPartition PARTITION = Topic.CLUSTER_METADATA_TOPIC_PARTITION;

    private static final Logger logger = LoggerFactory.getLogger(MetadataLog.class);
    private static final LogConfig LOG_CONFIG =
            LogConfig.builder()
                    // Kafka's is 1 GiB: what a snapshot makes superfluous would not go for years.
                    .segmentBytes(KafkaRaftClient.MAX_BATCH_SIZE_BYTES)
                    .messageBytesMax(KafkaRaftClient.MAX_BATCH_SIZE_BYTES)
                    .timestampAfterMaxMillis(Long.MAX_VALUE)
                    .build();
    // What one read brings into memory; the Raft client asks again where it goes on.
    private static final int READ_BYTES_MAX = 1 << 20;

    private final PartitionLog log;
    private final DurableMark mark;
    private final SnapshotFiles snapshots;
    private final DiskRoom room;

    private volatile LogOffsetMetadata highWatermark;

    private MetadataLog(
            PartitionLog log, DurableMark mark, SnapshotFiles snapshots, DiskRoom room) {
        this.room = room;
        this.log = log;
        this.mark = mark;
        this.snapshots = snapshots;
        this.highWatermark = new LogOffsetMetadata(log.logStartOffset());
    }

    /**
     * Opens what a directory holds, and what it holds is on the disk then. What a power cut tore is
     * cut off; where something is damaged that was on the disk before, nothing is changed. Where a
     * snapshot from the leader reaches past the log's end, a crash came between fetching it and
     * emptying the log: that is made up for.
     *
     * @throws DamagedLogException naming the file, where records are missing without it
     */
    static MetadataLog open(Path dataDirectory, Clock clock) throws IOException {
        return open(dataDirectory, LOG_CONFIG, clock, disk(dataDirectory));
    }

    static MetadataLog open(Path dataDirectory, LogConfig config, Clock clock) throws IOException {
        return open(dataDirectory, config, clock, disk(dataDirectory));
    }

    private static Disk disk(Path dataDirectory) {
        return new Disk(new Faults(_ -> {}), new DiskRoom(dataDirectory));
    }

    static MetadataLog open(Path dataDirectory, Clock clock, Disk disk) throws IOException {
        return open(dataDirectory, LOG_CONFIG, clock, disk);
    }

    /**
     * The disk it lies on.
     *
     * @param faults told when the disk fails
     * @param room where appends wait when the disk is full
     */
    record Disk(Faults faults, DiskRoom room) {}

    static MetadataLog open(Path dataDirectory, LogConfig config, Clock clock, Disk disk)
            throws IOException {
        Path directory = dataDirectory.resolve(PARTITION.toString());
        SnapshotFiles snapshots = SnapshotFiles.open(directory);
        DurableMark mark = DurableMark.read(directory, clock);
        mark.check(snapshots.latest().map(OffsetAndEpoch::offset).orElse(0L));
        PartitionLog log =
                mark.openLog(PARTITION, Uuid.METADATA_TOPIC_ID, config, disk.faults()::diskFailed);
        snapshots.settle(log.logStartOffset());
        // Epochs are a file without a checksum; a vote is given by them.
        var _ = log.epochs().endOf(log.epochs().latest(), log.logEndOffset());
        flushAbove(mark, log);
        MetadataLog opened = new MetadataLog(log, mark, snapshots, disk.room());
        opened.truncateToLatestSnapshot();
        return opened;
    }

    /**
     * What a killed process appended and had not flushed: a leader counts it as on this node's disk
     * once this node fetches what follows it.
     */
    private static void flushAbove(DurableMark mark, PartitionLog log) throws IOException {
        if (log.logEndOffset() <= mark.offset()) {
            return;
        }
        try {
            log.flush();
        } catch (KafkaStorageException e) {
            throw new IOException("cannot sync " + log.directory(), e);
        }
        mark.advance(log);
    }

    Path directory() {
        return log.directory();
    }

    @Override
    public LogAppendInfo appendAsLeader(Records records, int epoch) {
        return append(records, epoch);
    }

    @Override
    public LogAppendInfo appendAsFollower(Records records, int epoch) {
        return append(records, epoch);
    }

    private LogAppendInfo append(Records records, int epoch) {
        if (records.sizeInBytes() == 0) {
            throw new IllegalArgumentException("there is nothing to append");
        }
        long first = log.logEndOffset();
        ByteBuffer batches = upToEpoch((MemoryRecords) records, epoch, first);
        room.write(() -> log.appendAsFollower(batches.duplicate()));
        log.flush();
        mark.advance(log);
        return new LogAppendInfo(first, log.logEndOffset() - 1);
    }

    /**
     * The whole batches in front that continue the log and were written under the epoch or an
     * earlier one. A later epoch in a fetch answer belongs to a leader this node does not know yet.
     */
    private static ByteBuffer upToEpoch(MemoryRecords records, int epoch, long expectedOffset) {
        int bytes = 0;
        long next = expectedOffset;
        for (MutableRecordBatch batch : records.batches()) {
            batch.ensureValid();
            if (batch.partitionLeaderEpoch() > epoch) {
                break;
            }
            if (batch.baseOffset() != next) {
                throw new CorruptRecordException(
                        "a batch at offset %d cannot follow offset %d"
                                .formatted(batch.baseOffset(), next - 1));
            }
            bytes += batch.sizeInBytes();
            next = batch.nextOffset();
        }
        if (bytes == 0) {
            throw new CorruptRecordException("no batch of epoch " + epoch + " or before");
        }
        ByteBuffer all = records.buffer();
        return all.slice(all.position(), bytes);
    }

    @Override
    public LogFetchInfo read(long startOffset, Isolation isolation, int bytesMax) {
        long end = isolation == Isolation.COMMITTED ? highWatermark.offset() : log.logEndOffset();
        MemoryRecords found = readBatches(startOffset, Math.min(bytesMax, READ_BYTES_MAX), end);
        // Where the batch begins that holds the offset: a snapshot must not cut through a batch.
        long from =
                found.sizeInBytes() == 0
                        ? startOffset
                        : found.batches().iterator().next().baseOffset();
        return new LogFetchInfo(found, new LogOffsetMetadata(from));
    }

    private MemoryRecords readBatches(long offset, int bytesMax, long end) {
        try {
            return switch (log.read(offset, bytesMax, true, end)) {
                case LogRead.Found found -> copyOf(found.records());
                case LogRead.Nothing _ -> MemoryRecords.EMPTY;
                case LogRead.Damaged(String where) ->
                        throw new CorruptRecordException("the metadata log is damaged: " + where);
                case LogRead.Unchecked _ -> throw new IllegalStateException("not checked");
                case LogRead.OutOfRange range ->
                        throw new OffsetOutOfRangeException(
                                "offset %d is not within %d..%d"
                                        .formatted(
                                                offset,
                                                range.logStartOffset(),
                                                range.logEndOffset()));
            };
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + log.directory(), e);
        }
    }

    /** The whole batches of a region; the Raft client reads them more than once. */
    private static MemoryRecords copyOf(RecordRegion region) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(region.sizeInBytes());
        try {
            region.copyTo(bytes, 0);
        } finally {
            region.release();
        }
        MemoryRecords read = MemoryRecords.readableRecords(bytes.flip());
        bytes.limit(read.validBytes());
        return MemoryRecords.readableRecords(bytes);
    }

    @Override
    public int lastFetchedEpoch() {
        int latest = log.epochs().latest();
        if (latest >= 0) {
            return latest;
        }
        Optional<OffsetAndEpoch> snapshot = snapshots.latest();
        if (snapshot.isEmpty()) {
            return 0;
        }
        long offset = snapshot.get().offset();
        if (offset != log.logStartOffset() || offset != log.logEndOffset()) {
            throw new IllegalStateException(
                    "a log without epochs at %d..%d and a snapshot at %d"
                            .formatted(log.logStartOffset(), log.logEndOffset(), offset));
        }
        return snapshot.get().epoch();
    }

    @Override
    public OffsetAndEpoch endOffsetForEpoch(int epoch) {
        EpochEnd end = log.epochs().endOf(epoch, log.logEndOffset());
        if (end.endOffset() < 0) {
            return new OffsetAndEpoch(log.logEndOffset(), lastFetchedEpoch());
        }
        Optional<OffsetAndEpoch> earliest = snapshots.earliest();
        boolean endsAtSnapshot =
                earliest.filter(id -> id.offset() == end.endOffset()).isPresent()
                        && end.leaderEpoch() == epoch;
        // Nothing of the epoch is left: what there was ends in the oldest snapshot.
        return endsAtSnapshot
                ? earliest.get()
                : new OffsetAndEpoch(end.endOffset(), end.leaderEpoch());
    }

    @Override
    public LogOffsetMetadata endOffset() {
        return new LogOffsetMetadata(log.logEndOffset());
    }

    @Override
    public LogOffsetMetadata highWatermark() {
        return highWatermark;
    }

    @Override
    public long startOffset() {
        return log.logStartOffset();
    }

    @Override
    public void updateHighWatermark(LogOffsetMetadata offsetMetadata) {
        long bounded =
                Math.clamp(offsetMetadata.offset(), log.logStartOffset(), log.logEndOffset());
        if (bounded != offsetMetadata.offset()) {
            logger.warn(
                    "high watermark outside the log wanted={} log={}..{}",
                    offsetMetadata.offset(),
                    log.logStartOffset(),
                    log.logEndOffset());
        }
        highWatermark = new LogOffsetMetadata(bounded);
    }

    @Override
    public void initializeLeaderEpoch(int epoch) {
        log.epochs().begin(epoch);
    }

    @Override
    public void truncateTo(long offset) {
        if (offset < highWatermark.offset()) {
            throw new IllegalArgumentException(
                    "offset %d is below the high watermark %d: committed records stay"
                            .formatted(offset, highWatermark.offset()));
        }
        forgetAbove(offset);
        log.truncateTo(offset);
    }

    /** What is written at these offsets next has not been on the disk yet. */
    private void forgetAbove(long offset) {
        if (mark.offset() > offset) {
            try {
                mark.forget();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot cut " + log.directory(), e);
            }
        }
    }

    @Override
    public boolean truncateToLatestSnapshot() {
        Optional<OffsetAndEpoch> latest = snapshots.latest();
        if (latest.isEmpty() || !isAhead(latest.get())) {
            return false;
        }
        OffsetAndEpoch snapshot = latest.get();
        forgetAbove(-1);
        log.truncateFullyAndStartAt(snapshot.offset());
        log.flush();
        highWatermark = new LogOffsetMetadata(snapshot.offset());
        snapshots.deleteBefore(snapshot);
        return true;
    }

    private boolean isAhead(OffsetAndEpoch snapshot) {
        int epoch = Math.max(0, log.epochs().latest());
        return snapshot.epoch() > epoch
                || (snapshot.epoch() == epoch && snapshot.offset() > log.logEndOffset());
    }

    /** Appends are durable when they return; there is nothing left to do. */
    @Override
    public void flush(boolean forceFlushActiveSegment) {}

    @Override
    public TopicPartition topicPartition() {
        return PARTITION;
    }

    @Override
    public Uuid topicId() {
        return Uuid.METADATA_TOPIC_ID;
    }

    @Override
    public Optional<RawSnapshotWriter> createNewSnapshot(OffsetAndEpoch id) {
        if (id.offset() < startOffset()) {
            return Optional.empty();
        }
        long committed = highWatermark.offset();
        ValidOffsetAndEpoch valid = validateOffsetAndEpoch(id.offset(), id.epoch());
        if (id.offset() > committed || valid.kind() != ValidOffsetAndEpoch.Kind.VALID) {
            throw new IllegalArgumentException(
                    "no snapshot can be made at %s: high watermark %d, the log says %s"
                            .formatted(id, committed, valid));
        }
        // A follower goes on fetching where its snapshot ends: there a batch must begin.
        long batchStart = read(id.offset(), Isolation.COMMITTED, 1).startOffsetMetadata.offset();
        if (batchStart != id.offset()) {
            throw new IllegalArgumentException(
                    "no snapshot can be made at %s: it is within the batch at %d"
                            .formatted(id, batchStart));
        }
        return createNewSnapshotUnchecked(id);
    }

    @Override
    public Optional<RawSnapshotWriter> createNewSnapshotUnchecked(OffsetAndEpoch id) {
        mark.sync();
        return snapshots.create(id);
    }

    @Override
    public Optional<RawSnapshotReader> readSnapshot(OffsetAndEpoch id) {
        return snapshots.read(id);
    }

    @Override
    public Optional<RawSnapshotReader> latestSnapshot() {
        return snapshots.latest().flatMap(snapshots::read);
    }

    @Override
    public Optional<OffsetAndEpoch> latestSnapshotId() {
        return snapshots.latest();
    }

    @Override
    public Optional<OffsetAndEpoch> earliestSnapshotId() {
        return snapshots.earliest();
    }

    @Override
    public void onSnapshotFrozen(OffsetAndEpoch id) {
        snapshots.onFrozen(id);
    }

    @Override
    public boolean deleteBeforeSnapshot(OffsetAndEpoch id) {
        Optional<OffsetAndEpoch> latest = snapshots.latest();
        boolean possible =
                snapshots.contains(id)
                        && startOffset() < id.offset()
                        && id.offset() <= latest.orElseThrow().offset();
        if (!possible) {
            return false;
        }
        log.advanceLogStart(id.offset());
        snapshots.deleteBefore(id);
        return true;
    }

    /** Two snapshots are kept: a follower may be fetching the older one. */
    @Override
    public boolean maybeClean() {
        return snapshots.secondLatest().map(this::deleteBeforeSnapshot).orElse(false);
    }

    @Override
    public void close() {
        snapshots.close();
        log.close();
        mark.advance(log);
        mark.close();
    }
}
