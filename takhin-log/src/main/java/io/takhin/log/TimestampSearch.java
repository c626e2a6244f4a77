package io.takhin.log;

import io.takhin.log.HeaderWalk.DamagedBatchException;
import io.takhin.log.index.TimeIndex.TimestampOffset;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;

/**
 * Finds records of a log by their time (ListOffsets, KIP-79). Time indexes say where to look, and
 * nothing is left out because of what one says alone.
 *
 * <p>Threads: any, without a lock. Blocks for the disk.
 */
final class TimestampSearch {
    private static final TimestampOffset NOTHING = new TimestampOffset(Long.MIN_VALUE, -1);

    private final LogState state;
    private final LogReader reader;

    TimestampSearch(LogState state, LogReader reader) {
        this.state = state;
        this.reader = reader;
    }

    private FoundOffset searchRecords(LogReader.Search<FoundOffset> search) throws IOException {
        try {
            return reader.search(search);
        } catch (DamagedBatchException e) {
            ReadCheck.reportDamage(state, e.segment(), e.position());
            throw e;
        }
    }

    /**
     * The first record that is as late as the timestamp, or later.
     *
     * @throws CorruptRecordException when it may lie in a batch that is damaged
     */
    FoundOffset findByTimestamp(long timestamp) throws IOException {
        return searchRecords(view -> {
            for (int i = 0; i < view.segments().size(); i++) {
                if (mayReach(view, i, timestamp)) {
                    FoundOffset found = findByTimestampIn(view, i, timestamp);
                    if (found != null) {
                        return found;
                    }
                }
            }
            return FoundOffset.NONE;
        });
    }

    /** Nothing is left out because of what an index says alone. */
    private boolean mayReach(LogView view, int index, long timestamp) throws IOException {
        Segment segment = view.segments().get(index);
        return segment.span().newest().timestamp() >= timestamp
                || confirmedNewest(view, index).timestamp() >= timestamp;
    }

    private TimestampOffset confirmedNewest(LogView view, int index) throws IOException {
        Segment segment = view.segments().get(index);
        if (!segment.span().confirmNewest(view.sizeOf(index))) {
            new IndexRepair(state).times(segment, () -> TimeCheck.lastHolds(segment));
        }
        return segment.span().newest();
    }

    private @Nullable FoundOffset findByTimestampIn(LogView view, int index, long timestamp)
            throws IOException {
        Segment segment = view.segments().get(index);
        FileChannel channel = segment.file().acquire();
        try {
            HeaderWalk walk = walkFor(view, index, channel, timestamp);
            while (walk.next()) {
                BatchScanner scanner = walk.batch();
                if (BatchHeader.maxTimestamp(scanner.buffer(), scanner.at()) >= timestamp) {
                    MutableRecordBatch batch = wholeBatch(segment, scanner);
                    FoundOffset found = firstNotBefore(batch, timestamp, view.start());
                    if (found != null) {
                        return found;
                    }
                }
            }
            return null;
        } finally {
            segment.file().release();
        }
    }

    /** Begins where no batch before is as late as the timestamp. */
    private HeaderWalk walkFor(LogView view, int index, FileChannel channel, long timestamp)
            throws IOException {
        Segment segment = view.segments().get(index);
        int end = view.sizeOf(index);
        TimeCheck.Answer start = TimeCheck.start(segment, channel, timestamp, end);
        if (!start.sound()) {
            new IndexRepair(state)
                    .times(
                            segment,
                            () ->
                                    TimeCheck.start(segment, channel, timestamp, segment.size())
                                            .sound());
        }
        long offset = Math.max(start.found().offset(), view.start());
        int from = segment.startFor(channel, offset, end);
        return new HeaderWalk(segment, channel, from, end, view.endOf(index));
    }

    private static @Nullable FoundOffset firstNotBefore(
            MutableRecordBatch batch, long timestamp, long start) {
        // Without their content: nobody has looked at how large a client made it.
        try (CloseableIterator<Record> records =
                batch.skipKeyValueIterator(BufferSupplier.NO_CACHING)) {
            while (records.hasNext()) {
                Record record = records.next();
                if (record.timestamp() >= timestamp && record.offset() >= start) {
                    return new FoundOffset(
                            record.offset(), record.timestamp(), batch.partitionLeaderEpoch());
                }
            }
        }
        return null;
    }

    private static MutableRecordBatch wholeBatch(Segment segment, BatchScanner scanner)
            throws IOException {
        if (!scanner.isCrcValid()) {
            throw new DamagedBatchException(segment, scanner.position());
        }
        return MemoryRecords.readableRecords(scanner.batch()).batches().iterator().next();
    }

    /** The first record with the largest timestamp (KIP-734). */
    FoundOffset findMaxTimestamp() throws IOException {
        return searchRecords(view -> {
            int latest = -1;
            TimestampOffset newest = NOTHING;
            for (int i = 0; i < view.segments().size(); i++) {
                TimestampOffset here = newestLeftIn(view, i);
                if (here.timestamp() > newest.timestamp()) {
                    latest = i;
                    newest = here;
                }
            }
            return latest < 0 ? FoundOffset.NONE : findIn(view, latest, newest);
        });
    }

    /** Without what was deleted up to the log's start. */
    private TimestampOffset newestLeftIn(LogView view, int index) throws IOException {
        TimestampOffset newest = newestIn(view, index);
        Segment segment = view.segments().get(index);
        if (view.start() <= segment.baseOffset()) {
            return newest;
        }
        FileChannel channel = segment.file().acquire();
        try {
            int end = view.sizeOf(index);
            int from = segment.startFor(channel, view.start(), end);
            HeaderWalk walk = new HeaderWalk(segment, channel, from, end, view.endOf(index));
            TimestampOffset left = NOTHING;
            while (walk.next()) {
                BatchScanner batch = walk.batch();
                if (batch.lastOffset() < view.start()) {
                    continue;
                }
                if (left.equals(NOTHING) && batch.lastOffset() < newest.offset()) {
                    return newest;
                }
                long timestamp =
                        batch.baseOffset() < view.start()
                                ? newestOf(wholeBatch(segment, batch), view.start())
                                : BatchHeader.maxTimestamp(batch.buffer(), batch.at());
                if (timestamp > left.timestamp()) {
                    left = new TimestampOffset(timestamp, batch.lastOffset());
                }
            }
            return left;
        } finally {
            segment.file().release();
        }
    }

    private static long newestOf(MutableRecordBatch batch, long start) {
        long newest = NOTHING.timestamp();
        try (CloseableIterator<Record> records =
                batch.skipKeyValueIterator(BufferSupplier.NO_CACHING)) {
            while (records.hasNext()) {
                Record record = records.next();
                newest = record.offset() < start ? newest : Math.max(newest, record.timestamp());
            }
        }
        return newest;
    }

    /** The segment may know of batches already that the view does not. */
    private TimestampOffset newestIn(LogView view, int index) throws IOException {
        TimestampOffset newest = confirmedNewest(view, index);
        return newest.offset() < view.endOf(index)
                ? newest
                : TimeCheck.newest(view.segments().get(index), view.sizeOf(index)).found();
    }

    private FoundOffset findIn(LogView view, int index, TimestampOffset newest) throws IOException {
        Segment segment = view.segments().get(index);
        FileChannel channel = segment.file().acquire();
        try {
            HeaderWalk walk = walkFor(view, index, channel, newest.timestamp());
            while (walk.next()) {
                BatchScanner scanner = walk.batch();
                if (BatchHeader.maxTimestamp(scanner.buffer(), scanner.at()) < newest.timestamp()) {
                    continue;
                }
                MutableRecordBatch batch = wholeBatch(segment, scanner);
                FoundOffset found = firstNotBefore(batch, newest.timestamp(), view.start());
                if (found != null || batch.baseOffset() >= view.start()) {
                    return found != null
                            ? found
                            : new FoundOffset(
                                    batch.lastOffset(),
                                    newest.timestamp(),
                                    batch.partitionLeaderEpoch());
                }
            }
            return FoundOffset.NONE;
        } finally {
            segment.file().release();
        }
    }
}
