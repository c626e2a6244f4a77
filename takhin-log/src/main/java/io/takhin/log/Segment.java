package io.takhin.log;

import static io.takhin.log.file.PartitionFiles.CLEANED;
import static io.takhin.log.file.PartitionFiles.LOG;
import static io.takhin.log.file.PartitionFiles.TRANSACTION_INDEX;

import io.takhin.log.file.FileEnd;
import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.SharedFile;
import io.takhin.log.index.OffsetIndex;
import io.takhin.log.index.OffsetPosition;
import io.takhin.log.index.SegmentIndexes;
import io.takhin.log.index.TimeIndex;
import io.takhin.log.index.TimeIndex.TimestampOffset;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One piece of a log: a file of batches and its indexes, all named after the first offset.
 *
 * <p>Threads: the owner of the log's lock changes it. Anybody may read what lies below the position
 * that a {@link LogView} names.
 */
final class Segment {
    private static final AtomicReferenceFieldUpdater<Segment, @Nullable SegmentIndexes> INDEXES =
            AtomicReferenceFieldUpdater.newUpdater(Segment.class, SegmentIndexes.class, "indexes");
    private static final AtomicReferenceFieldUpdater<Segment, @Nullable TransactionIndex>
            TRANSACTIONS =
                    AtomicReferenceFieldUpdater.newUpdater(
                            Segment.class, TransactionIndex.class, "transactions");

    /** Kafka cannot read a file of more; so neither may be written. */
    static final long BYTES_MAX = Integer.MAX_VALUE;

    private final SharedFile file;
    private final CheckedBytes checked;
    private final SegmentSpan span;

    /** Null while nobody asks: most segments of a broker with many are at rest. */
    private volatile @Nullable SegmentIndexes indexes;

    /** Null until somebody asks; then it stays, for what {@link TransactionCheck} notes there. */
    private volatile @Nullable TransactionIndex transactions;

    /** Null while nothing was written here for a time. */
    private volatile @Nullable RecentBatches recent;

    private volatile int size;

    private volatile boolean named;
    private int bytesSinceIndexEntry;

    /**
     * Looks at no file.
     *
     * @param size of the file of batches; 0 where it has still to be made
     */
    Segment(OpenFiles openFiles, Path directory, long baseOffset, int size, long createdMillis) {
        this(new SharedFile(openFiles, directory, baseOffset, LOG), size, createdMillis);
    }

    private Segment(SharedFile file, int size, long createdMillis) {
        this.file = file;
        this.size = size;
        this.checked = new CheckedBytes(size);
        this.span = new SegmentSpan(this, createdMillis, size == 0);
    }

    /** One that is being made to replace others; what an earlier attempt left is removed. */
    static Segment cleaned(OpenFiles openFiles, Path directory, long baseOffset, long nowMillis)
            throws IOException {
        SharedFile file = new SharedFile(openFiles, directory, baseOffset, LOG + CLEANED);
        Segment cleaned = new Segment(file, 0, nowMillis);
        for (SharedFile each : cleaned.files()) {
            Files.deleteIfExists(each.path());
        }
        return cleaned;
    }

    /** Makes the file of batches where there is none. */
    void createFile() throws IOException {
        file.acquireOrCreate();
        file.release();
    }

    long baseOffset() {
        return file.offset();
    }

    int size() {
        return size;
    }

    SharedFile file() {
        return file;
    }

    OffsetIndex offsets() {
        return indexes().offsets();
    }

    TimeIndex times() {
        return indexes().times();
    }

    TransactionIndex transactions() {
        TransactionIndex known = transactions;
        if (known != null) {
            return known;
        }
        TransactionIndex made = new TransactionIndex(file.beside(TRANSACTION_INDEX));
        TRANSACTIONS.compareAndSet(this, null, made);
        return Objects.requireNonNullElse(transactions, made);
    }

    SegmentIndexes indexes() {
        SegmentIndexes known = indexes;
        if (known != null) {
            return known;
        }
        SegmentIndexes made = SegmentIndexes.of(file);
        INDEXES.compareAndSet(this, null, made);
        return Objects.requireNonNullElse(indexes, made);
    }

    /** Whether transactions were added that no sync has covered. */
    boolean hasUnsyncedTransactions() {
        TransactionIndex known = transactions;
        return known != null && known.isUnsynced();
    }

    /** The position of the batch that begins with the offset, if it was written lately; or -1. */
    int findRecent(long offset) {
        RecentBatches known = recent;
        return known == null ? -1 : known.find(offset - baseOffset());
    }

    private void addRecent(long offset, int position) {
        RecentBatches known = recent;
        if (known == null) {
            known = new RecentBatches();
            recent = known;
        }
        known.add(offset - baseOffset(), position);
    }

    /** Whether {@link #rest} may have something to let go of. */
    boolean mayRest() {
        return (recent != null || indexes != null) && !file.isOpen();
    }

    /**
     * Nothing happens here for a while: what can be had from the files again goes. The log's lock
     * is held, so nobody writes; and nobody who only reads has the indexes in hand while the file
     * is closed.
     */
    void rest() {
        file.runIfClosed(() -> {
            recent = null;
            SegmentIndexes known = indexes;
            if (known != null && known.areSettled() && !known.areOpen()) {
                indexes = null;
            }
        });
    }

    CheckedBytes checked() {
        return checked;
    }

    SegmentSpan span() {
        return span;
    }

    /** Whether its name is known to be on the disk. */
    boolean isNamed() {
        return named;
    }

    void setNamed() {
        named = true;
    }

    /** Whether an index has no room for another entry in so many bytes. */
    boolean isIndexFull(int bytesMax) throws IOException {
        // Often not even an entry for every batch would fill one.
        return size / BatchHeader.BYTES >= bytesMax / TimeIndex.ENTRY_BYTES - 1
                && indexes().isFull(bytesMax);
    }

    /** Writes whole batches, whose offsets are final, behind the others. */
    void append(ByteBuffer batches, int indexIntervalBytes) throws IOException {
        int from = batches.position();
        int end = batches.limit();
        int written = size;
        FileEnd.append(file, written, batches);
        try {
            for (int at = from; at < end; at += BatchHeader.sizeInBytes(batches, at)) {
                index(batches, at, written + at - from, indexIntervalBytes);
            }
        } finally {
            // Also where an index could not be written: whoever takes that back sees the bytes.
            size = written + end - from;
        }
        if (written == 0) {
            span.began(BatchHeader.maxTimestamp(batches, from));
        }
    }

    /** Notes one batch; also used when indexes are built anew. */
    void index(ByteBuffer batches, int at, int position, int intervalBytes) throws IOException {
        long lastOffset = BatchHeader.lastOffset(batches, at);
        span.note(BatchHeader.maxTimestamp(batches, at), lastOffset);
        if (bytesSinceIndexEntry > intervalBytes) {
            TimestampOffset latest = span.newest();
            offsets().append(lastOffset, position);
            times().append(latest.timestamp(), latest.offset());
            bytesSinceIndexEntry = 0;
        }
        bytesSinceIndexEntry += BatchHeader.sizeInBytes(batches, at);
        addRecent(BatchHeader.baseOffset(batches, at), position);
    }

    /**
     * The last entry of the time index. Retention asks every segment: that must not leave an index
     * in memory for each.
     */
    TimestampOffset lastIndexedTime() throws IOException {
        if (indexes == null) {
            return SegmentIndexes.lastTime(file);
        }
        file.acquire();
        try {
            return times().last();
        } finally {
            file.release();
        }
    }

    /**
     * Sets the indexes back to what they knew below an offset, so that batches can be noted anew;
     * whether the last time that is left holds is for the caller to see.
     *
     * @param entry the last entry to keep; the first batch noted is the one it points to
     */
    void rewindIndexes(OffsetPosition entry) throws IOException {
        indexes().rewindTo(entry);
        span.rewound(times().last(), entry.position() == 0);
        bytesSinceIndexEntry = 0;
        recent = null;
    }

    /** Keeps the first bytes of the file, whose batches have all been noted. */
    void keep(int bytes) throws IOException {
        if (bytes < size) {
            cutTo(bytes);
        }
    }

    private void cutTo(int bytes) throws IOException {
        FileEnd.cutTo(file, bytes);
        size = bytes;
        checked.cutTo(bytes);
    }

    /** As {@link SegmentSpan#findNewest}. */
    void findNewest(int bytes) throws IOException {
        span.findNewest(bytes);
    }

    /** Makes the time index anew from the batches. */
    void rebuildTimes(int indexIntervalBytes) throws IOException {
        times().replace(TimeCheck.entriesOf(this, indexIntervalBytes));
        times().entries().writeTail();
    }

    /**
     * A position from which the batch with the offset is reached. What the index says is held
     * against the file: a wrong entry costs a longer walk, not a wrong answer.
     */
    int startFor(FileChannel channel, long offset, int end) throws IOException {
        OffsetPosition entry = offsets().floor(offset);
        if (entry.position() <= 0 || entry.position() >= end) {
            return 0;
        }
        BatchScanner scanner = new BatchScanner(channel, entry.position(), end, BatchHeader.BYTES);
        return scanner.next() && scanner.lastOffset() == entry.offset() ? entry.position() : 0;
    }

    /**
     * Whether it was found in order by the start and nobody wrote to it or looked anything up in it
     * since: {@link #finishIndexes} has nothing to do then.
     */
    boolean isAsItsFilesAre() {
        return size > 0 && indexes == null && span.isNewestUnknown();
    }

    /** Brings both indexes up to date and to their files, as a closed segment has them. */
    void finishIndexes() throws IOException {
        indexes().finish(span.newest());
    }

    /** Brings to the files what the indexes have in memory. */
    void writeIndexTails() throws IOException {
        SegmentIndexes known = indexes;
        if (known != null) {
            known.writeTails();
        }
    }

    boolean hasUnsettledIndexes() {
        return indexes != null && !indexes.areSettled();
    }

    /**
     * Whole, and not used before somebody asks for it: keeps neither descriptors nor memory, but
     * for what is not in the files. Nobody else knows the segment yet.
     */
    void settle() {
        file.closeIfUnusedSince(Long.MAX_VALUE);
        recent = null;
        SegmentIndexes known = indexes;
        if (known != null && known.areSettled()) {
            known.files().forEach(each -> each.closeIfUnusedSince(Long.MAX_VALUE));
            indexes = null;
        }
        TransactionIndex aborted = transactions;
        if (aborted != null && aborted.isSettled()) {
            aborted.file().closeIfUnusedSince(Long.MAX_VALUE);
            transactions = null;
        }
    }

    /** Nothing more will be written here: descriptors go once nobody reads. */
    void retire() {
        file.retire();
        SegmentIndexes known = indexes;
        if (known != null) {
            known.files().forEach(SharedFile::retire);
        }
        TransactionIndex aborted = transactions;
        if (aborted != null) {
            aborted.file().retire();
        }
    }

    /** Cuts off the batch at the position and all after it; {@code offset} is where it begins. */
    void truncateTo(int position, long offset) throws IOException {
        indexes().truncateTo(offset);
        transactions().truncateTo(offset);
        recent = null;
        cutTo(position);
        bytesSinceIndexEntry = 0;
        if (position == 0) {
            span.emptied();
        }
        span.findNewest(size);
    }

    /** When a record was last written here, milliseconds; what copies the file may lose it. */
    long lastWritten() throws IOException {
        return file.lastWritten();
    }

    /** What changes when batches are written; without the transactions. */
    List<SharedFile> dataAndIndexes() {
        return List.of(file, offsets().entries().file(), times().entries().file());
    }

    /** The data first: a segment without it is none. */
    List<SharedFile> files() {
        return Stream.concat(dataAndIndexes().stream(), Stream.of(transactions().file())).toList();
    }
}
