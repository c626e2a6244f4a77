package io.takhin.log;

import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.SharedFile;
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
    private final EpochRecovery epochs;
    private final GapCheck gaps;
    private final Recall recall;

    /** What goes where the segment that is scanned has to be cut. */
    private List<PartitionTidying.Found> behind = List.of();

    /** Whether the segment that is scanned lies below the recovery point as a whole. */
    private boolean isKept;

    /** Whether whole segments were removed. */
    private boolean discarded;

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

    /** Brings back what else is known of records, where a recovery point turns out to be wrong. */
    @FunctionalInterface
    interface Recall {
        /** For a log of which nobody knows anything else. */
        Recall NOTHING = _ -> {};

        /**
         * The segments' files may be longer when it returns; none is shorter.
         *
         * @param end of the log without it
         */
        void run(long end) throws IOException;
    }

    LogRecovery(
            TopicPartition partition,
            Path directory,
            LogConfig config,
            OpenFiles openFiles,
            Trust trust,
            Recall recall) {
        this.openFiles = openFiles;
        this.partition = partition;
        this.directory = directory;
        this.config = config;
        this.trust = trust;
        this.recall = recall;
        this.gaps = new GapCheck(partition, trust);
        this.epochs = EpochRecovery.read(partition, directory);
    }

    LogState.Loaded run() throws IOException {
        OldRecordFormat.refuseAtStart(directory, epochs.epochs(), trust.logStart);
        PartitionTidying.Tidied tidied = PartitionTidying.tidy(directory);
        List<PartitionTidying.Found> found = tidied.segments();
        long end = found.isEmpty() ? 0 : recoverSegments(found);
        if (end < trust.logStart && !hasRecords()) {
            end = restartAt(trust.logStart);
        }
        long start =
                segments.isEmpty()
                        ? end
                        : Math.max(
                                epochs.startOf(trust.logStart, end),
                                segments.getFirst().baseOffset());
        if (discarded) {
            // Or it might come back behind what is written next.
            DurablePaths.sync(directory);
        }
        epochs.epochs().truncateFromEnd(end);
        epochs.epochs().truncateFromStart(start);
        if (!trust.cleanStop) {
            epochs.write(directory);
        }
        int endPosition = segments.isEmpty() ? 0 : segments.getLast().size();
        LogView view = new LogView(List.copyOf(segments), start, end, endPosition, 0);
        ProducerSnapshots snapshots =
                new ProducerSnapshots(directory, tidied.snapshots(), trust.cleanStop);
        ProducerState producers = recoverProducers(snapshots, view);
        segments.forEach(Segment::settle);
        return new LogState.Loaded(
                partition, directory, view, epochs.epochs(), producers, snapshots);
    }

    /** Returns the log's end. */
    private long recoverSegments(List<PartitionTidying.Found> found) throws IOException {
        long trusted = trust.cleanStop ? Long.MAX_VALUE : trust.recoveryPoint;
        boolean believable =
                epochs.isBelievable(trust.cleanStop, trusted, offset -> epochAt(found, offset));
        gaps.setFirstEpochStart(epochs.firstStart());
        boolean believed = epochs.firstStart() < trusted;
        // And those below it are read from all of them, where some are not looked at else: the file
        // may be that of a deletion which a power cut undid.
        boolean isSilent = !believed && found.size() > 1 && found.get(1).baseOffset() < trusted;
        long end = walk(found, trusted, believable && !isSilent);
        if (!trust.cleanStop && end < trust.recoveryPoint) {
            log.warn(
                    "partition {} ends at {}, before its recovery point {}: checking all of it",
                    partition,
                    end,
                    trust.recoveryPoint);
            gaps.disbelieveRecoveryPoint();
            recall.run(end);
            end = walkAgain(0);
        }
        if (end < trust.logStart && hasRecords()) {
            // It is written once the log is durable up to there (LogDurability#durableStart), so
            // the log cannot end before it: it was not read as it was written.
            log.error(
                    "partition {} ends at {}: its start {} is not believed, and all records are"
                            + " kept",
                    partition,
                    end,
                    trust.logStart);
            gaps.disbelieveStart();
            end = trust.cleanStop ? end : walkAgain(gaps.recoveryPoint());
        }
        return end;
    }

    /** What was found has been cut meanwhile, or is longer. */
    private long walkAgain(long trusted) throws IOException {
        return walk(PartitionTidying.tidy(directory).segments(), trusted, false);
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

    /**
     * Reads the segments back, in order. Returns the log's end.
     *
     * @param trusted what lies below is not checked, and never cut off
     * @param epochsKnown or batches have to tell of all of them
     */
    private long walk(List<PartitionTidying.Found> found, long trusted, boolean epochsKnown)
            throws IOException {
        segments.clear();
        if (!epochsKnown) {
            epochs.forget();
        }
        long end = found.getFirst().baseOffset();
        boolean cut = false;
        for (int i = 0; i < found.size(); i++) {
            PartitionTidying.Found file = found.get(i);
            behind = found.subList(i + 1, found.size());
            Segment segment = open(file);
            cut |= !segments.isEmpty() && gaps.isTornBefore(file.baseOffset(), end);
            if (cut || file.baseOffset() < end) {
                discard(segment);
                continue;
            }
            boolean checked = !file.indexed() || file.baseOffset() >= trusted;
            if (!epochsKnown && checked) {
                segment.rewindIndexes(new OffsetPosition(file.baseOffset(), 0));
            } else if (!epochsKnown) {
                recoveryOf(segment).readEpochs(trusted);
            }
            int before = segment.size();
            end = endOf(file, segment, trusted);
            cut = segment.size() < before;
            segments.add(segment);
        }
        return end;
    }

    private long endOf(PartitionTidying.Found file, Segment segment, long trusted)
            throws IOException {
        boolean last = behind.isEmpty();
        long next = last ? Long.MAX_VALUE : behind.getFirst().baseOffset();
        // Where the next one begins at the recovery point, a power cut while the log was cut there
        // may have left this one as it was.
        isKept = next < trusted;
        if (isKept && file.indexed()) {
            return next;
        }
        if (last && trust.cleanStop && file.indexed()) {
            return endOfLast(segment);
        }
        int before = segment.size();
        long scannedBefore = scannedFrom;
        long end = scan(segment, trusted, last);
        if (!last && file.indexed() && segment.size() == before && end == trusted) {
            // As it was before the crash, and so is what is known of its producers; but
            // transactions that a cut took away there may be back in the index.
            var _ = segment.transactions().recover(end, List.of());
            scannedFrom = scannedBefore;
        }
        return isKept ? next : end;
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
        SegmentRecovery recovery = recoveryOf(segment);
        long from = recovery.scansFrom(trusted);
        scannedFrom = Math.min(scannedFrom, from);
        recovery.recover(trusted, this::mayCut);
        gaps.setBefore(recovery.isSparse());
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

    private SegmentRecovery recoveryOf(Segment segment) {
        long nextBase = behind.isEmpty() ? Long.MAX_VALUE : behind.getFirst().baseOffset();
        return new SegmentRecovery(
                segment, nextBase, epochs.epochs(), epochs.witness(), config.indexIntervalBytes());
    }

    /** The next start believes them, whether there is a flush or not. */
    private void syncIndexes(Segment segment) throws IOException {
        for (SharedFile file : segment.indexes().files()) {
            file.sync();
        }
        DurablePaths.sync(directory);
    }

    private boolean hasRecords() {
        return segments.stream().anyMatch(segment -> segment.size() > 0);
    }

    private long restartAt(long logStart) throws IOException {
        log.warn("partition {} has nothing at or after its start {}", partition, logStart);
        for (Segment segment : segments) {
            discard(segment);
        }
        segments.clear();
        epochs.epochs().clear();
        Segment empty = new Segment(openFiles, directory, logStart, 0, trust.nowMillis);
        empty.createFile();
        segments.add(empty);
        return logStart;
    }

    /**
     * What lies below the recovery point was on the disk, and is not made less where a byte of it
     * went bad. Otherwise what is behind goes first, or the next start, which finds the segment
     * whole, could take the gap for compaction's.
     */
    private boolean mayCut() throws IOException {
        if (isKept) {
            return false;
        }
        for (PartitionTidying.Found file : behind.reversed()) {
            discard(open(file));
        }
        if (!behind.isEmpty()) {
            DurablePaths.sync(directory);
        }
        return true;
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
