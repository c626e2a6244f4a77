package io.takhin.log;

import io.takhin.log.TimeIndex.TimestampOffset;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One piece of a log: a file of batches and its indexes, all named after the first offset.
 *
 * <p>Threads: the owner of the log's lock changes it. Anybody may read what lies below the position
 * that a {@link LogView} names.
 */
final class Segment {
    /** Kafka cannot read a file of more; so neither may be written. */
    static final long BYTES_MAX = Integer.MAX_VALUE;

    private final long baseOffset;
    private final long jitterDraw;
    private final SharedFile file;
    private final OffsetIndex offsets;
    private final TimeIndex times;
    private final TransactionIndex transactions;
    private final RecentBatches recent = new RecentBatches();
    private final CheckedBytes checked;

    private volatile int size;
    private volatile TimestampOffset newest;
    private volatile long firstTimestamp = BatchHeader.NO_TIMESTAMP;
    private long createdMillis;
    private volatile boolean named;
    private int bytesSinceIndexEntry;
    private @Nullable FileChannel writer;

    /** What decides whether a segment takes some more batches. */
    record Room(LogConfig config, int bytes, long maxTimestamp, long lastOffset, long nowMillis) {}

    Segment(Path directory, long baseOffset, int size, long createdMillis) throws IOException {
        this(new Names(directory, ""), baseOffset, size, createdMillis);
    }

    private Segment(Names names, long baseOffset, int size, long createdMillis) throws IOException {
        this.baseOffset = baseOffset;
        this.size = size;
        this.createdMillis = createdMillis;
        this.checked = new CheckedBytes(size);
        jitterDraw = draw(names.directory().getFileName() + "/" + baseOffset);
        file = new SharedFile(names.of(baseOffset, PartitionFiles.LOG));
        offsets = new OffsetIndex(names.of(baseOffset, PartitionFiles.OFFSET_INDEX), baseOffset);
        times = new TimeIndex(names.of(baseOffset, PartitionFiles.TIME_INDEX), baseOffset);
        transactions = new TransactionIndex(names.of(baseOffset, PartitionFiles.TRANSACTION_INDEX));
        newest = times.last();
    }

    /** One that is being made to replace others; what an earlier attempt left is removed. */
    static Segment cleaned(Path directory, long baseOffset, long nowMillis) throws IOException {
        Names names = new Names(directory, PartitionFiles.CLEANED);
        for (String kind : PartitionFiles.OF_SEGMENT) {
            Files.deleteIfExists(names.of(baseOffset, kind));
        }
        return new Segment(names, baseOffset, 0, nowMillis);
    }

    /** How the files are called until they have their place. */
    private record Names(Path directory, String suffix) {
        Path of(long baseOffset, String kind) {
            return directory.resolve(PartitionFiles.name(baseOffset, kind) + suffix);
        }
    }

    /** Opens the file for writing, and makes it where there is none. */
    FileChannel openForWriting() throws IOException {
        FileChannel open = writer;
        if (open == null) {
            open = file.acquireOrCreate();
            writer = open;
        }
        return open;
    }

    long baseOffset() {
        return baseOffset;
    }

    int size() {
        return size;
    }

    SharedFile file() {
        return file;
    }

    OffsetIndex offsets() {
        return offsets;
    }

    TimeIndex times() {
        return times;
    }

    TransactionIndex transactions() {
        return transactions;
    }

    RecentBatches recent() {
        return recent;
    }

    CheckedBytes checked() {
        return checked;
    }

    /** Whether its name is known to be on the disk. */
    boolean isNamed() {
        return named;
    }

    void setNamed() {
        named = true;
    }

    boolean takes(Room room) throws IOException {
        long bytesMax = Math.min(room.config.segmentBytes(), BYTES_MAX);
        if (size > bytesMax - room.bytes || room.lastOffset - baseOffset > Integer.MAX_VALUE) {
            return false;
        }
        int indexBytesMax = room.config.indexBytesMax();
        if (offsets.isFull(indexBytesMax) || times.isFull(indexBytesMax)) {
            return false;
        }
        return size == 0 || ageAt(room) <= room.config.segmentMillisMax() - jitter(room.config);
    }

    /** As Kafka's {@code LogConfig.randomSegmentJitter}, but the same after a restart. */
    private long jitter(LogConfig config) {
        long most = Math.min(config.segmentJitter().toMillis(), config.segmentMillisMax());
        return most <= 0 ? 0 : Math.floorMod(jitterDraw, most);
    }

    /** A number that looks random for each name: the last step of SplitMix64. */
    private static long draw(String name) {
        long mixed = name.hashCode() * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    /** By the records' own time where they have one, as Kafka does. */
    private long ageAt(Room room) throws IOException {
        long first = firstTimestamp();
        return first >= 0 ? room.maxTimestamp - first : room.nowMillis - createdMillis;
    }

    /** Of the first batch; -1 where there is none, or it has none. */
    long firstTimestamp() throws IOException {
        long known = firstTimestamp;
        if (known == BatchHeader.NO_TIMESTAMP) {
            known = readFirstTimestamp();
            firstTimestamp = known;
        }
        return known;
    }

    private long readFirstTimestamp() throws IOException {
        FileChannel channel = file.acquire();
        try {
            BatchScanner scanner = new BatchScanner(channel, 0, size, BatchHeader.BYTES);
            return scanner.next()
                    ? BatchHeader.maxTimestamp(scanner.buffer(), scanner.at())
                    : BatchHeader.NO_TIMESTAMP;
        } finally {
            file.release();
        }
    }

    /** Writes whole batches, whose offsets are final, behind the others. */
    void append(ByteBuffer batches, int indexIntervalBytes) throws IOException {
        int from = batches.position();
        int end = batches.limit();
        int written = size;
        write(batches);
        for (int at = from; at < end; at += BatchHeader.sizeInBytes(batches, at)) {
            index(batches, at, written + at - from, indexIntervalBytes);
        }
        if (firstTimestamp == BatchHeader.NO_TIMESTAMP && written == 0) {
            firstTimestamp = BatchHeader.maxTimestamp(batches, from);
        }
        size = written + end - from;
    }

    private void write(ByteBuffer batches) throws IOException {
        FileChannel channel = openForWriting();
        long position = size;
        try {
            while (batches.hasRemaining()) {
                position += channel.write(batches, position);
            }
        } catch (IOException e) {
            cutBack(channel, e);
            throw e;
        }
    }

    /** Half a batch must not stay: what is written next would follow it. */
    private void cutBack(FileChannel channel, IOException cause) throws IOException {
        try {
            channel.truncate(size);
        } catch (IOException e) {
            IOException broken = new IOException("cannot undo a write to " + file.path(), e);
            broken.addSuppressed(cause);
            throw broken;
        }
    }

    /** Notes one batch; also used when indexes are built anew. */
    void index(ByteBuffer batches, int at, int position, int intervalBytes) throws IOException {
        long lastOffset = BatchHeader.lastOffset(batches, at);
        long timestamp = BatchHeader.maxTimestamp(batches, at);
        if (timestamp > newest().timestamp()) {
            newest = new TimestampOffset(timestamp, lastOffset);
        }
        if (bytesSinceIndexEntry > intervalBytes) {
            offsets.append(lastOffset, position);
            times.append(newest.timestamp(), newest.offset());
            bytesSinceIndexEntry = 0;
        }
        bytesSinceIndexEntry += BatchHeader.sizeInBytes(batches, at);
        recent.add(BatchHeader.baseOffset(batches, at) - baseOffset, position);
    }

    /** The largest timestamp, and the last offset of the batch that has it. */
    TimestampOffset newest() {
        return newest;
    }

    /** After a kill of Kafka, which cuts its indexes to their real size on a clean stop only. */
    void dropUnsetIndexEntries() throws IOException {
        offsets.entries().dropUnset();
        times.dropUnset();
    }

    /**
     * Sets the indexes back to what they knew below an offset, so that batches can be noted anew.
     *
     * @param entry the last entry to keep; the first batch noted is the one it points to
     */
    void rewindIndexes(OffsetPosition entry) throws IOException {
        if (entry.position() > 0) {
            offsets.truncateTo(entry.offset() + 1);
            times.truncateTo(entry.offset() + 1);
        } else {
            offsets.entries().clear();
            times.clear();
        }
        newest = times.last();
        bytesSinceIndexEntry = 0;
        recent.clear();
    }

    /** Keeps the first bytes of the file, whose batches have all been noted. */
    void keep(int bytes) throws IOException {
        if (bytes < size) {
            FileChannel channel = file.acquire();
            try {
                channel.truncate(bytes);
            } finally {
                file.release();
            }
            size = bytes;
            checked.cutTo(bytes);
        }
    }

    /** Looks behind the last index entry for a larger timestamp than that entry knows. */
    void findNewest() throws IOException {
        newest = readNewest();
    }

    /**
     * The same for a closed segment whose index a crash may have cut short. Nothing else of it
     * changes, so anybody may ask.
     */
    TimestampOffset confirmNewest() throws IOException {
        TimestampOffset read = readNewest();
        if (read.timestamp() > newest.timestamp()) {
            newest = read;
        }
        return newest;
    }

    private TimestampOffset readNewest() throws IOException {
        TimestampOffset found = times.last();
        FileChannel channel = file.acquire();
        try {
            int from = startFor(channel, found.offset(), size);
            BatchScanner scanner =
                    new BatchScanner(channel, from, size, BatchScanner.SEQUENTIAL_BYTES);
            while (scanner.next()) {
                long timestamp = BatchHeader.maxTimestamp(scanner.buffer(), scanner.at());
                if (timestamp > found.timestamp()) {
                    found = new TimestampOffset(timestamp, scanner.lastOffset());
                }
            }
            return found;
        } finally {
            file.release();
        }
    }

    /**
     * A position from which the batch with the offset is reached. What the index says is held
     * against the file: a wrong entry costs a longer walk, not a wrong answer.
     */
    int startFor(FileChannel channel, long offset, int end) throws IOException {
        OffsetPosition entry = offsets.floor(offset);
        if (entry.position() <= 0 || entry.position() >= end) {
            return 0;
        }
        BatchScanner scanner = new BatchScanner(channel, entry.position(), end, BatchHeader.BYTES);
        return scanner.next() && scanner.lastOffset() == entry.offset() ? entry.position() : 0;
    }

    /** Brings both indexes up to date and to their files, as a closed segment has them. */
    void finishIndexes() throws IOException {
        TimestampOffset last = newest();
        times.append(last.timestamp(), last.offset());
        offsets.entries().writeTail();
        times.entries().writeTail();
    }

    /** Brings to the files what the indexes have in memory. */
    void writeIndexTails() throws IOException {
        if (offsets.entries().hasTail()) {
            offsets.entries().writeTail();
        }
        if (times.entries().hasTail()) {
            times.entries().writeTail();
        }
    }

    /** Nothing more will be written here: the descriptor goes once nobody reads. */
    void closeForWriting() {
        if (writer != null) {
            writer = null;
            file.release();
        }
    }

    /** Cuts off the batch at the position and all after it; {@code offset} is where it begins. */
    void truncateTo(int position, long offset) throws IOException {
        offsets.truncateTo(offset);
        times.truncateTo(offset);
        transactions.truncateTo(offset);
        recent.clear();
        FileChannel channel = file.acquire();
        try {
            channel.truncate(position);
        } finally {
            file.release();
        }
        size = position;
        checked.cutTo(position);
        bytesSinceIndexEntry = 0;
        if (position == 0) {
            firstTimestamp = BatchHeader.NO_TIMESTAMP;
        }
        findNewest();
    }

    /** When a record was last written here, milliseconds; what copies the file may lose it. */
    long lastWritten() throws IOException {
        return Files.getLastModifiedTime(file.path()).toMillis();
    }

    /** The data first: a segment without it is none. */
    List<SharedFile> files() {
        return List.of(file, offsets.entries().file(), times.entries().file(), transactions.file());
    }
}
