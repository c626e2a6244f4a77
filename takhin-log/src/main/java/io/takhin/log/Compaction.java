package io.takhin.log;

import io.takhin.log.file.ShortageException;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;

/**
 * One run over one log: notes the last offset of every key in the dirty section, then writes all
 * segments up to there anew without the records that later ones replaced, and puts them in the
 * place of the old ones, a few at a time. When the keys do not fit into memory the run ends
 * earlier, and the next one goes on from there.
 *
 * <p>Threads: one.
 */
final class Compaction implements AutoCloseable {
    /** Longer than the default of {@code file.delete.delay.ms}; others wait, too. */
    private static final Duration REMOVAL_WAIT_MAX = Duration.ofMinutes(2);

    private static final Duration REMOVAL_NAP = Duration.ofMillis(100);
    private static final int NAPS_MORE = 50;

    private final LogCleaning log;
    private final Pace pace;
    private final LogView view;
    private final DirtySection section;
    private final boolean indexesChecked;
    private final OffsetMap map;
    private final BufferSupplier buffers = BufferSupplier.create();
    private final ClientRecords.Bounds bounds = ClientRecords.Bounds.ofHeap();

    /**
     * What a run may take of the machine.
     *
     * @param mapBytesMax memory for the keys
     * @param stopped asked at every batch: the run is given up then
     */
    record Pace(long mapBytesMax, Throttle throttle, BooleanSupplier stopped) {
        void use(long bytes) {
            throttle.pace(bytes, stopped);
        }
    }

    /** How a run ended. */
    sealed interface Outcome {
        /** All went well up to {@code cleanedBelow}, where the next run begins. */
        record Done(long cleanedBelow, long bytesBefore, long bytesAfter) implements Outcome {}

        /** The log was changed or deleted, or the run was stopped; what was done stays done. */
        record GivenUp(String why) implements Outcome {}

        /** The disk has no room for what is written anew; what was done stays done. */
        record NoSpace(String why) implements Outcome {}

        /** No run will get over this. */
        record Impossible(String why) implements Outcome {}
    }

    Compaction(LogCleaning log, LogView view, DirtySection section, Pace pace) {
        this.log = log;
        this.pace = pace;
        this.view = view;
        this.section = section;
        this.indexesChecked = log.knowsOfTransactions();
        this.map = OffsetMap.of(section.end() - section.first(), pace.mapBytesMax());
    }

    /** Never fails: an error of the disk takes the directory offline, unless it is only full. */
    Outcome run() {
        try {
            return compact();
        } catch (GivenUpException | NoSuchFileException e) {
            return new Outcome.GivenUp(String.valueOf(e.getMessage()));
        } catch (BatchScanner.TornReadException e) {
            return new Outcome.Impossible(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            log.failed(e);
            return ShortageException.isCauseOf(e) && !ShortageException.isOfDescriptors(e)
                    ? new Outcome.NoSpace("the disk is full")
                    : new Outcome.GivenUp(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            // Records that cannot be decompressed or parsed show in many kinds of exceptions.
            return log.isGone(e)
                    ? new Outcome.GivenUp("the log is gone")
                    : new Outcome.Impossible(e.toString());
        }
    }

    private Outcome compact() throws IOException {
        buildMap();
        if (map.latestOffset() < section.first()) {
            return new Outcome.Impossible(
                    "a map of %d bytes holds not one key".formatted(map.sizeInBytes()));
        }
        CleanedTransactions transactions = new CleanedTransactions();
        CompactionFilter filter =
                new CompactionFilter(
                        map,
                        transactions,
                        section.end(),
                        log.nowMillis(),
                        log.config().cleanup().tombstoneMillis());
        long end = map.latestOffset() + 1;
        List<Segment> segments =
                view.segments().stream().filter(each -> each.baseOffset() < end).toList();
        long before = 0;
        long after = 0;
        for (List<Segment> group :
                SegmentGroups.of(segments, log.config(), view.endOf(segments.size() - 1))) {
            long bytes = group.stream().mapToLong(Segment::size).sum();
            if (!log.hasRoomToRewrite(bytes) && !(before > 0 && removalsMakeRoomFor(bytes))) {
                return new Outcome.NoSpace("the disk is nearly full");
            }
            SegmentSwap swap = new SegmentSwap(rewrite(group, filter, transactions), group);
            before += bytes;
            after += swap.cleaned().size();
            putInPlace(swap);
        }
        return new Outcome.Done(end, before, after);
    }

    /**
     * What was replaced keeps its room until it is removed. Who gave up here would begin anew with
     * the next look, and come no further.
     */
    private boolean removalsMakeRoomFor(long bytes) throws IOException {
        Duration delay = log.config().fileDeleteDelay();
        if (delay.compareTo(REMOVAL_WAIT_MAX) > 0) {
            return false;
        }
        // With some more, for the removal itself.
        long naps = delay.dividedBy(REMOVAL_NAP) + NAPS_MORE;
        for (long nap = 0; nap < naps && !log.hasRoomToRewrite(bytes); nap++) {
            checkWanted();
            LockSupport.parkNanos(REMOVAL_NAP.toNanos());
        }
        return log.hasRoomToRewrite(bytes);
    }

    private void buildMap() throws IOException {
        CleanedTransactions transactions = new CleanedTransactions();
        transactions.add(log.abortedTransactions(section.first(), section.end()));
        for (int i = Math.max(0, view.indexOf(section.first()));
                i < view.segments().size() - 1
                        && view.segments().get(i).baseOffset() < section.end();
                i++) {
            if (!addKeys(view.segments().get(i), transactions)) {
                return;
            }
            // The last offsets of a segment may have been compacted away.
            map.completeUpTo(view.endOf(i) - 1);
        }
    }

    /** False when the map is full. */
    private boolean addKeys(Segment segment, CleanedTransactions transactions) throws IOException {
        FileChannel channel = segment.file().acquire();
        try {
            int from = segment.startFor(channel, section.first(), segment.size());
            BatchScanner scanner =
                    new BatchScanner(channel, from, segment.size(), BatchScanner.SEQUENTIAL_BYTES);
            while (scanner.next()) {
                if (scanner.lastOffset() < section.first()) {
                    continue;
                }
                if (!addKeys(batchAt(segment, scanner), transactions)) {
                    return false;
                }
            }
            checkEnd(segment, scanner);
            return true;
        } finally {
            segment.file().release();
        }
    }

    private boolean addKeys(MutableRecordBatch batch, CleanedTransactions transactions) {
        if (batch.isControlBatch()) {
            transactions.isEmpty(batch);
        } else if (transactions.isAborted(batch)) {
            measure(batch);
        } else {
            try (CloseableIterator<Record> records = recordsOf(batch)) {
                while (records.hasNext()) {
                    Record record = records.next();
                    boolean counts = record.hasKey() && record.offset() >= section.first();
                    if (counts && !map.put(record.key(), record.offset())) {
                        // What came before it is complete: the next run begins in the batch.
                        map.completeUpTo(record.offset() - 1);
                        return false;
                    }
                }
            }
        }
        map.completeUpTo(batch.lastOffset());
        return true;
    }

    /** Checked: what is written anew gets a new checksum, and damage would look sound with it. */
    private MutableRecordBatch batchAt(Segment segment, BatchScanner scanner) throws IOException {
        checkWanted();
        pace.use(scanner.sizeInBytes());
        if (!scanner.isCrcValid()) {
            throw new CorruptRecordException(
                    "the batch at offset %d, position %d of %s has a wrong checksum"
                            .formatted(
                                    scanner.baseOffset(),
                                    scanner.position(),
                                    segment.file().path()));
        }
        checkIndex(segment, scanner);
        return MemoryRecords.readableRecords(scanner.batch()).batches().iterator().next();
    }

    /** One that was lost would let what was rolled back take away what was committed before. */
    private void checkIndex(Segment segment, BatchScanner scanner) throws GivenUpException {
        if (!indexesChecked
                && BatchHeader.isTransactional(scanner.buffer(), scanner.at())
                && segment.checked().hasOld()
                && !segment.transactions().isChecked()) {
            log.meetsTransaction();
            throw new GivenUpException("its transaction indexes have to be checked first");
        }
    }

    /** Nobody waits for a log that was deleted, and its directory is about to be removed. */
    private void checkWanted() throws GivenUpException {
        if (pace.stopped().getAsBoolean()) {
            throw new GivenUpException("stopped");
        }
        if (!log.isOpen()) {
            throw new GivenUpException("the log is gone");
        }
    }

    private static void checkEnd(Segment segment, BatchScanner scanner) {
        if (!scanner.atEnd()) {
            throw new CorruptRecordException(
                    "no record batch at position %d of %s"
                            .formatted(scanner.position(), segment.file().path()));
        }
    }

    private Segment rewrite(
            List<Segment> group, CompactionFilter filter, CleanedTransactions transactions)
            throws IOException {
        CleanedSegment target = CleanedSegment.begin(log, group.getFirst().baseOffset(), pace);
        boolean complete = false;
        try {
            filter.keepLastOf(log.lastRecords());
            for (Segment segment : group) {
                long end = view.endOf(view.segments().indexOf(segment));
                transactions.add(log.abortedTransactions(segment.baseOffset(), end));
                rewrite(segment, filter, target);
                target.add(transactions.takeStillNeeded());
            }
            Segment cleaned = target.finish(group.getLast().lastWritten());
            complete = true;
            return cleaned;
        } finally {
            if (!complete) {
                target.abandon();
            }
        }
    }

    private void rewrite(Segment segment, CompactionFilter filter, CleanedSegment target)
            throws IOException {
        FileChannel channel = segment.file().acquire();
        try {
            BatchScanner scanner =
                    new BatchScanner(channel, 0, segment.size(), BatchScanner.SEQUENTIAL_BYTES);
            while (scanner.next()) {
                MutableRecordBatch batch = batchAt(segment, scanner);
                checkSizes(batch);
                target.add(MemoryRecords.readableRecords(scanner.batch()), filter, buffers);
            }
            checkEnd(segment, scanner);
        } finally {
            segment.file().release();
        }
    }

    /** What is written anew is read without a bound; {@link #buildMap} has not met all of it. */
    private void checkSizes(MutableRecordBatch batch) {
        if (batch.lastOffset() < section.first() || batch.lastOffset() > map.latestOffset()) {
            measure(batch);
        }
    }

    private void measure(MutableRecordBatch batch) {
        try (CloseableIterator<Record> records = recordsOf(batch)) {
            records.forEachRemaining(_ -> {});
        }
    }

    private CloseableIterator<Record> recordsOf(MutableRecordBatch batch) {
        return ClientRecords.of(batch, bounds, buffers);
    }

    private void putInPlace(SegmentSwap swap) throws IOException {
        if (!announce(swap) || !log.replace(swap)) {
            swap.abandon();
            throw new GivenUpException(
                    log.isOpen() ? "segments were cut or deleted meanwhile" : "the log is gone");
        }
        log.syncReplaced();
        log.settle(swap);
        log.syncReplaced();
    }

    /** All or nothing: what is announced would replace segments with the next start. */
    private boolean announce(SegmentSwap swap) throws IOException {
        try {
            if (!log.announce(swap, view.cuts())) {
                return false;
            }
            log.syncDirectory();
            return true;
        } catch (IOException e) {
            log.withdraw(swap);
            swap.abandon();
            throw e;
        }
    }

    @Override
    public void close() {
        map.close();
        buffers.close();
    }

    /** The run ends here, and nothing is wrong. */
    private static final class GivenUpException extends IOException {
        private static final long serialVersionUID = 1L;

        GivenUpException(String why) {
            super(why);
        }
    }
}
