package io.takhin.log;

import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.SharedFile;
import io.takhin.log.file.ShortageException;
import io.takhin.log.index.OffsetPosition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one log back from its directory. After a clean stop nothing is scanned; after a crash
 * everything behind the recovery point is, and nothing else.
 *
 * <p>Threads: one per log.
 */
final class LogRecovery {
    private static final Logger log = LoggerFactory.getLogger(LogRecovery.class);

    private final TopicPartition partition;
    private final Path directory;
    private final LogConfig config;
    private final OpenFiles openFiles;
    private final Trust trust;
    private final List<Segment> segments = new ArrayList<>();
    private LeaderEpochs epochs = LeaderEpochs.empty();

    private boolean epochsBelieved;

    /** As the checkpoint has it; larger than any offset where it has none. */
    private long firstEpochStart = Long.MAX_VALUE;

    /** False once the log was seen to end before its recovery point. */
    private boolean pointHolds = true;

    /** What goes where the segment that is scanned has to be cut. */
    private List<PartitionTidying.Found> behind = List.of();

    /** Whether whole segments were removed. */
    private boolean discarded;

    /** Whether the segment that was scanned last shows that the log is a compacted one. */
    private boolean lastIsSparse;

    /** Where batches were scanned from; the log's end when none were. */
    private long scannedFrom = Long.MAX_VALUE;

    /**
     * What is known of a log before it is read.
     *
     * @param cleanStop all that was written is in order
     * @param recoveryPoint what lies below was on disk
     * @param logStart offset below which records were deleted
     * @param compactedBelow offset below which offsets may be missing
     * @param nowMillis and the idle time after which producers are forgotten
     */
    record Trust(
            boolean cleanStop,
            long recoveryPoint,
            long logStart,
            long compactedBelow,
            long nowMillis,
            Duration producerIdleMax) {}

    LogRecovery(
            TopicPartition partition,
            Path directory,
            LogConfig config,
            OpenFiles openFiles,
            Trust trust) {
        this.openFiles = openFiles;
        this.partition = partition;
        this.directory = directory;
        this.config = config;
        this.trust = trust;
    }

    LogState.Loaded run() throws IOException {
        boolean epochsKnown = readEpochs();
        OldRecordFormat.refuseAtStart(directory, epochs, trust.logStart);
        PartitionTidying.Tidied tidied = PartitionTidying.tidy(directory);
        List<PartitionTidying.Found> found = tidied.segments();
        long end = found.isEmpty() ? 0 : recoverSegments(found, epochsKnown);
        if (end < trust.logStart && !isStartWrong(end)) {
            end = restartAt(trust.logStart);
        }
        long start =
                segments.isEmpty()
                        ? end
                        : Math.max(startWithin(end), segments.getFirst().baseOffset());
        if (discarded) {
            // Or it might come back behind what is written next.
            DurablePaths.sync(directory);
        }
        epochs.truncateFromEnd(end);
        epochs.truncateFromStart(start);
        if (!trust.cleanStop) {
            writeEpochs();
        }
        int endPosition = segments.isEmpty() ? 0 : segments.getLast().size();
        LogView view = new LogView(List.copyOf(segments), start, end, endPosition, 0);
        ProducerSnapshots snapshots =
                new ProducerSnapshots(directory, tidied.snapshots(), trust.cleanStop);
        ProducerState producers = recoverProducers(snapshots, view);
        segments.forEach(Segment::settle);
        return new LogState.Loaded(partition, directory, view, epochs, producers, snapshots);
    }

    private boolean readEpochs() {
        try {
            epochs = LeaderEpochs.read(directory);
            if (!epochs.entries().isEmpty()) {
                firstEpochStart = epochs.entries().getFirst().startOffset();
            }
            return true;
        } catch (IOException e) {
            log.warn("partition {}: rebuilding the leader epochs: {}", partition, e.getMessage());
            epochs = LeaderEpochs.ofDamagedFile();
            return false;
        }
    }

    private void writeEpochs() throws IOException {
        try {
            epochs.writeAfterCrash(directory);
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e)) {
                throw e;
            }
            // A full disk must not keep a broker from starting.
            log.warn(
                    "partition {}: its leader epochs are written later: {}",
                    partition,
                    e.getMessage());
        }
    }

    /** Returns the log's end. */
    private long recoverSegments(List<PartitionTidying.Found> found, boolean epochsKnown)
            throws IOException {
        long trusted = trust.cleanStop ? Long.MAX_VALUE : trust.recoveryPoint;
        boolean believable =
                epochsKnown && !epochs.entries().isEmpty() && isNewestEpochRight(found);
        // Those that begin behind the point go, and batches may have to tell of all.
        epochsBelieved = believable && epochs.entries().getFirst().startOffset() < trusted;
        if (!believable) {
            firstEpochStart = Long.MAX_VALUE;
        }
        long end = believable ? recoverFrom(found, trusted) : rebuild(found, trusted);
        if (!trust.cleanStop && end < trust.recoveryPoint) {
            log.warn(
                    "partition {} ends at {}, before its recovery point {}: checking all of it",
                    partition,
                    end,
                    trust.recoveryPoint);
            pointHolds = false;
            // What was found has been cut meanwhile.
            end = rebuild(PartitionTidying.tidy(directory).segments(), 0);
        }
        return end;
    }

    /**
     * Of the epochs that began below the recovery point the newest decides which batches behind it
     * are valid, so it is held against the first batch that is left of it, or behind it.
     */
    private boolean isNewestEpochRight(List<PartitionTidying.Found> found) throws IOException {
        LeaderEpochs.Entry newest = null;
        for (LeaderEpochs.Entry each : epochs.entries()) {
            newest = each.startOffset() < trust.recoveryPoint ? each : newest;
        }
        if (trust.cleanStop || newest == null) {
            return true;
        }
        int epoch = epochAt(found, newest.startOffset());
        if (epoch >= 0 && epoch < newest.epoch()) {
            log.error(
                    "partition {}: the checkpoint of leader epochs is damaged and is made anew:"
                            + " {}, but the batch there has epoch {}",
                    partition,
                    newest,
                    epoch);
            return false;
        }
        return true;
    }

    /** As {@link SegmentRecovery#epochAt}: compaction may have left nothing of a segment. */
    private int epochAt(List<PartitionTidying.Found> found, long offset) throws IOException {
        for (int i = 0; i < found.size(); i++) {
            boolean below = i + 1 < found.size() && found.get(i + 1).baseOffset() <= offset;
            if (below || found.get(i).size() == 0) {
                continue;
            }
            Segment segment = open(found.get(i));
            int epoch = SegmentRecovery.epochAt(segment, offset, trust.recoveryPoint);
            segment.retire();
            if (epoch >= 0) {
                return epoch;
            }
        }
        return -1;
    }

    private long rebuild(List<PartitionTidying.Found> found, long trusted) throws IOException {
        epochs.clear();
        epochsBelieved = false;
        segments.clear();
        behind = List.of();
        scannedFrom = found.getFirst().baseOffset();
        long end = scannedFrom;
        for (PartitionTidying.Found file : found) {
            Segment segment = open(file);
            if (file.baseOffset() < end || isTornBefore(file.baseOffset(), end)) {
                discard(segment);
                continue;
            }
            segment.rewindIndexes(new OffsetPosition(file.baseOffset(), 0));
            end = scan(segment, trusted, isLast(found, file));
            segments.add(segment);
        }
        return end;
    }

    private long recoverFrom(List<PartitionTidying.Found> found, long trusted) throws IOException {
        long end = found.getFirst().baseOffset();
        boolean cut = false;
        for (int i = 0; i < found.size(); i++) {
            PartitionTidying.Found file = found.get(i);
            behind = found.subList(i + 1, found.size());
            Segment segment = open(file);
            cut |= isTornBefore(file.baseOffset(), end);
            if (cut || file.baseOffset() < end) {
                discard(segment);
                continue;
            }
            boolean last = i == found.size() - 1;
            // Where the next one begins at the recovery point, a power cut while the log was cut
            // there may have left this one as it was.
            boolean below = !last && found.get(i + 1).baseOffset() < trusted;
            if (below && file.indexed()) {
                end = found.get(i + 1).baseOffset();
            } else if (last && trust.cleanStop && file.indexed()) {
                end = endOfLast(segment);
            } else {
                int before = segment.size();
                long scannedBefore = scannedFrom;
                end = scan(segment, trusted, last);
                cut = segment.size() < before;
                if (!last && file.indexed() && !cut && end == trusted) {
                    // As it was before the crash, and so is what is known of its producers; but
                    // transactions that a cut took away there may be back in the index.
                    var _ = segment.transactions().recover(end, List.of());
                    scannedFrom = scannedBefore;
                }
            }
            segments.add(segment);
        }
        return end;
    }

    /**
     * Whether records are missing between a segment's end and the next one's begin that nobody took
     * out: then the crash took them, and nothing behind them was ever acknowledged, because a
     * segment is durable to its end before anything of the next one counts. Compaction and deletion
     * leave such gaps too. This program's never reach above a recovery point; of Kafka's compaction
     * tell its checkpoint and gaps within the segment.
     */
    private boolean isTornBefore(long baseOffset, long end) {
        long durable = pointHolds ? trust.recoveryPoint : 0;
        long explained = Math.max(durable, Math.max(trust.logStart, trust.compactedBelow));
        boolean torn =
                !segments.isEmpty()
                        && !trust.cleanStop
                        && !lastIsSparse
                        && baseOffset > Math.max(end, explained);
        if (torn) {
            log.warn("partition {} lost offsets {} to {}", partition, end, baseOffset - 1);
        }
        return torn;
    }

    private long endOfLast(Segment segment) throws IOException {
        try {
            return SegmentRecovery.endOf(segment);
        } catch (CorruptRecordException e) {
            log.warn("partition {} was not stopped cleanly: {}", partition, e.getMessage());
            return scan(segment, 0, true);
        }
    }

    /** Returns the segment's end. */
    private long scan(Segment segment, long trusted, boolean last) throws IOException {
        // Kafka cuts its indexes to their real size on a clean stop only.
        segment.indexes().dropUnset();
        SegmentRecovery recovery =
                new SegmentRecovery(segment, epochs, epochsBelieved, config.indexIntervalBytes());
        long from = recovery.scansFrom(trusted);
        scannedFrom = Math.min(scannedFrom, from);
        recovery.recover(trusted, this::discardBehind);
        lastIsSparse = recovery.isSparse();
        if (last) {
            segment.indexes().cutFiles();
        } else {
            segment.finishIndexes();
            if (recovery.nextOffset() < trusted) {
                syncIndexes(segment);
            }
        }
        return recovery.nextOffset();
    }

    /** The next start believes them, whether there is a flush or not. */
    private void syncIndexes(Segment segment) throws IOException {
        for (SharedFile file : segment.indexes().files()) {
            file.sync();
        }
        DurablePaths.sync(directory);
    }

    /**
     * A start is written once the log is durable up to there ({@link LogDurability#durableStart}),
     * so the log cannot end before it: it was not read as it was written. Believed where there are
     * no records that could be lost by that.
     */
    private boolean isStartWrong(long end) {
        if (segments.stream().allMatch(segment -> segment.size() == 0)) {
            return false;
        }
        log.error(
                "partition {} ends at {}: its start {} is not believed, and all records are kept",
                partition,
                end,
                trust.logStart);
        return true;
    }

    /**
     * With a new start the first epoch starts there, too, and that is durable first. Where the two
     * differ one of them is damaged: in doubt records stay.
     */
    private long startWithin(long end) {
        if (trust.logStart > end) {
            return firstEpochStart <= end ? firstEpochStart : 0;
        }
        if (trust.logStart > firstEpochStart) {
            log.error(
                    "partition {}: its start {} is not believed, since its first leader epoch"
                            + " starts at {}",
                    partition,
                    trust.logStart,
                    firstEpochStart);
            return firstEpochStart;
        }
        return trust.logStart;
    }

    private long restartAt(long logStart) throws IOException {
        log.warn("partition {} has nothing at or after its start {}", partition, logStart);
        for (Segment segment : segments) {
            discard(segment);
        }
        segments.clear();
        epochs.clear();
        Segment empty = new Segment(openFiles, directory, logStart, 0, trust.nowMillis);
        empty.createFile();
        segments.add(empty);
        return logStart;
    }

    /** Or the next start, which finds that one whole, could take the gap for compaction's. */
    private void discardBehind() throws IOException {
        for (PartitionTidying.Found file : behind.reversed()) {
            discard(open(file));
        }
        if (!behind.isEmpty()) {
            DurablePaths.sync(directory);
        }
    }

    private void discard(Segment segment) throws IOException {
        discarded = true;
        for (SharedFile file : segment.files()) {
            Files.deleteIfExists(file.path());
        }
    }

    private Segment open(PartitionTidying.Found file) throws IOException {
        if (file.size() > Segment.BYTES_MAX) {
            throw new IOException("segment too large in " + directory + ": " + file);
        }
        return new Segment(
                openFiles, directory, file.baseOffset(), (int) file.size(), trust.nowMillis);
    }

    private static boolean isLast(List<PartitionTidying.Found> found, PartitionTidying.Found file) {
        return found.getLast().equals(file);
    }

    private ProducerState recoverProducers(ProducerSnapshots snapshots, LogView view)
            throws IOException {
        ProducerState producers = new ProducerState();
        long from = Math.min(scannedFrom, view.end());
        // A snapshot behind the first scanned batch may know batches that are gone, and could not
        // tell which transactions were rolled back in between.
        snapshots.deleteAbove(from);
        boolean nothingScanned = scannedFrom == Long.MAX_VALUE;
        if (trust.cleanStop && nothingScanned && snapshots.isEmpty()) {
            producers.setEndOffset(view.end());
            return producers;
        }
        snapshots.load(producers, view.firstOffset(), from);
        ProducerRefill refill = new ProducerRefill(snapshots, producers);
        ProducerReplay.run(producers, view, refill);
        if (!nothingScanned) {
            refill.writeTransactions(view, from, trust.recoveryPoint);
        }
        producers.expire(trust.nowMillis, trust.producerIdleMax.toMillis());
        return producers;
    }
}
