package io.takhin.log;

import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.SharedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecords.FilterResult;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter;
import org.apache.kafka.common.utils.BufferSupplier;

/**
 * A segment while it is written to replace others. Batches of which nothing goes are copied as they
 * are; the others are built anew, with the codec they had.
 *
 * <p>Threads: one.
 */
final class CleanedSegment {
    private static final int BUFFER_BYTES = 1 << 20;

    /** Synced so often while it is written, so that no large sync delays somebody's flush. */
    private static final int SYNC_BYTES = 8 << 20;

    private final Segment segment;
    private final int indexIntervalBytes;
    private final Compaction.Pace pace;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private long unsynced;

    private CleanedSegment(Segment segment, int indexIntervalBytes, Compaction.Pace pace) {
        this.segment = segment;
        this.indexIntervalBytes = indexIntervalBytes;
        this.pace = pace;
    }

    /** An empty one, with the base offset of the first segment it is to replace. */
    static CleanedSegment begin(LogCleaning log, long baseOffset, Compaction.Pace pace)
            throws IOException {
        Segment cleaned =
                Segment.cleaned(log.openFiles(), log.directory(), baseOffset, log.nowMillis());
        cleaned.createFile();
        return new CleanedSegment(cleaned, log.config().indexIntervalBytes(), pace);
    }

    void add(MemoryRecords batches, RecordFilter filter, BufferSupplier buffers)
            throws IOException {
        FilterResult result = batches.filterTo(filter, buffer, buffers);
        // A larger one where the batch did not fit, with all that this one held.
        ByteBuffer filled = result.outputBuffer();
        if (filled.capacity() > BUFFER_BYTES || filled.position() > BUFFER_BYTES / 2) {
            write(filled);
            buffer.clear();
        }
    }

    void add(List<AbortedTransaction> transactions) throws IOException {
        for (AbortedTransaction transaction : transactions) {
            segment.transactions().append(transaction);
        }
    }

    private void write(ByteBuffer filled) throws IOException {
        filled.flip();
        int bytes = filled.remaining();
        if (bytes == 0) {
            return;
        }
        if (bytes > Segment.BYTES_MAX - segment.size()) {
            throw new IllegalStateException(
                    "compacted records do not fit into " + segment.file().path());
        }
        segment.append(filled, indexIntervalBytes);
        pace.use(bytes);
        unsynced += bytes;
        if (unsynced >= SYNC_BYTES) {
            segment.file().sync();
            unsynced = 0;
        }
    }

    /**
     * Everything is on the disk when it returns, but for the names.
     *
     * @param lastWrittenMillis when the youngest of the replaced files was last written
     */
    Segment finish(long lastWrittenMillis) throws IOException {
        write(buffer);
        segment.finishIndexes();
        Files.setLastModifiedTime(segment.file().path(), FileTime.fromMillis(lastWrittenMillis));
        for (SharedFile file : segment.files()) {
            if (DurablePaths.exists(file.path())) {
                file.sync();
            }
        }
        segment.transactions().takeUnsynced();
        segment.settle();
        return segment;
    }

    void abandon() throws IOException {
        new SegmentSwap(segment, List.of()).abandon();
    }
}
