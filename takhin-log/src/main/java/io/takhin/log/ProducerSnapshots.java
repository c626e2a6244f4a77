package io.takhin.log;

import io.takhin.log.Producer.RememberedBatch;
import io.takhin.log.file.DeadFiles;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.PartitionFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Producer state as of some offsets, in files, so that a restart or a truncation need not read the
 * whole log.
 *
 * <p>File: Kafka's {@code .snapshot}: version 1 (2 bytes), CRC32C of the rest (4), number of
 * entries (4), entries of 46 bytes, big endian.
 *
 * <p>Threads: guarded by the log's lock.
 */
final class ProducerSnapshots {
    private static final short VERSION = 1;
    private static final int HEADER_BYTES = 10;
    private static final int CRC_FROM = 6;
    private static final int ENTRY_BYTES = 46;

    private Path directory;

    /** Rising; replaced as a whole. Most logs have one or two. */
    private long[] offsets;

    private List<Path> unsynced = List.of();

    /** Those that a flush has planned and perhaps not synced yet. */
    private List<Path> planned = List.of();

    /** Of the segment that was dropped last, and may come back; -1 where there is none. */
    private long droppedLast = -1;

    /** False while those that were there before this process may not be durable. */
    private boolean settled;

    /**
     * @param known the offsets of the files that are there, rising
     * @param settled whether these are durable: not after a kill, which leaves them in memory
     */
    ProducerSnapshots(Path directory, List<Long> known, boolean settled) {
        this.directory = directory;
        this.offsets = known.stream().mapToLong(Long::longValue).toArray();
        this.settled = settled;
    }

    void moveTo(Path newDirectory) {
        directory = newDirectory;
    }

    boolean isEmpty() {
        return offsets.length == 0;
    }

    private boolean contains(long offset) {
        return Arrays.binarySearch(offsets, offset) >= 0;
    }

    /** How many lie at or below the offset. */
    private int countUpTo(long offset) {
        int at = Arrays.binarySearch(offsets, offset);
        return at >= 0 ? at + 1 : -at - 1;
    }

    /** The state is complete up to the snapshot's offset; not synced. */
    void take(ProducerState state) throws IOException {
        if (contains(state.endOffset())) {
            return;
        }
        Path file = PartitionFiles.snapshot(directory, state.endOffset());
        try {
            write(file, state.producers());
        } catch (IOException e) {
            // Half of one would be taken for damage, and takes space.
            DeadFiles.discard(List.of(file));
            throw e;
        }
        offsets =
                LongStream.concat(Arrays.stream(offsets), LongStream.of(state.endOffset()))
                        .sorted()
                        .toArray();
        unsynced = Stream.concat(unsynced.stream(), Stream.of(file)).toList();
    }

    boolean areSynced() {
        return settled && unsynced.isEmpty() && planned.isEmpty();
    }

    /** What was written so far survives a power cut when it returns. */
    void sync() throws IOException {
        List<Path> unknown =
                Stream.of(perhapsUnsynced(), planned).flatMap(List::stream).distinct().toList();
        for (Path file : unknown) {
            DurablePaths.sync(file);
        }
        DurablePaths.sync(directory);
        settled = true;
        unsynced = List.of();
        planned = List.of();
    }

    private List<Path> perhapsUnsynced() {
        return settled
                ? unsynced
                : Arrays.stream(offsets)
                        .mapToObj(offset -> PartitionFiles.snapshot(directory, offset))
                        .toList();
    }

    /**
     * Files that were written since the last call, by the process before this one too; {@link
     * #plannedAreSynced} has to follow.
     */
    List<Path> takeUnsynced() {
        List<Path> files = perhapsUnsynced();
        planned = files;
        settled = true;
        unsynced = List.of();
        return files;
    }

    void plannedAreSynced() {
        planned = List.of();
    }

    /**
     * Sets the state to the newest snapshot that lies in the range and is whole; to nothing, at its
     * begin, where there is none. One from before the log's first record is of no use: what
     * producers wrote in between is not known.
     */
    void load(ProducerState state, long from, long to) throws IOException {
        for (int usable = countUpTo(Math.max(from, to));
                usable > 0 && offsets[usable - 1] >= from;
                usable--) {
            long offset = offsets[usable - 1];
            try {
                state.load(read(PartitionFiles.snapshot(directory, offset)), offset);
                return;
            } catch (DamagedSnapshotException e) {
                delete(offset);
            }
        }
        state.clear(from);
    }

    /** Whether there is one at the offset that a restart could use. */
    boolean hasWhole(long offset) throws IOException {
        if (!contains(offset)) {
            return false;
        }
        try {
            read(PartitionFiles.snapshot(directory, offset));
            return true;
        } catch (DamagedSnapshotException e) {
            delete(offset);
            return false;
        }
    }

    void delete(long offset) throws IOException {
        if (contains(offset)) {
            offsets = Arrays.stream(offsets).filter(known -> known != offset).toArray();
            Files.deleteIfExists(PartitionFiles.snapshot(directory, offset));
        }
    }

    void deleteAbove(long offset) throws IOException {
        long[] known = offsets;
        for (int i = countUpTo(offset); i < known.length; i++) {
            delete(known[i]);
        }
    }

    void deleteAll() throws IOException {
        deleteAbove(-1);
        droppedLast = -1;
    }

    /** A log's first segment is gone. Until that is durable a restart may need its snapshot. */
    void dropped(long baseOffset) {
        droppedLast = baseOffset;
    }

    /** That the segment which was dropped last is gone is durable. */
    void forgetDropped() throws IOException {
        delete(droppedLast);
        droppedLast = -1;
    }

    /** Keeps those that belong to a segment, and the newest two others. */
    void deleteStray(LogView view) throws IOException {
        long[] strays =
                Arrays.stream(offsets)
                        .filter(offset -> !isBaseOffset(view, offset) && offset != droppedLast)
                        .toArray();
        for (int i = 0; i < strays.length - 2; i++) {
            delete(strays[i]);
        }
    }

    private static boolean isBaseOffset(LogView view, long offset) {
        int index = view.indexOf(offset);
        return index >= 0 && view.segments().get(index).baseOffset() == offset;
    }

    static void write(Path file, Collection<Producer> producers) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + producers.size() * ENTRY_BYTES);
        bytes.putShort(VERSION).putInt(0).putInt(producers.size());
        producers.forEach(producer -> put(bytes, producer));
        bytes.putInt(2, crc(bytes.array())).flip();
        try (FileChannel channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    private static void put(ByteBuffer bytes, Producer producer) {
        boolean any = producer.hasBatches();
        bytes.putLong(producer.id)
                .putShort(producer.epoch)
                .putInt(producer.lastSequence())
                .putLong(any ? producer.last().lastOffset() : -1)
                .putInt(any ? producer.last().offsetDelta() : 0)
                .putLong(producer.lastTimestamp)
                .putInt(producer.coordinatorEpoch)
                .putLong(producer.transactionStart);
    }

    static List<Producer> read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        if (bytes.remaining() < HEADER_BYTES
                || bytes.getShort() != VERSION
                || bytes.getInt() != crc(bytes.array())) {
            throw new DamagedSnapshotException(file);
        }
        int count = bytes.getInt();
        if (count < 0 || bytes.remaining() != (long) count * ENTRY_BYTES) {
            throw new DamagedSnapshotException(file);
        }
        List<Producer> producers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            producers.add(get(bytes));
        }
        return producers;
    }

    private static Producer get(ByteBuffer bytes) {
        Producer producer = new Producer(bytes.getLong());
        producer.epoch = bytes.getShort();
        int lastSequence = bytes.getInt();
        long lastOffset = bytes.getLong();
        int offsetDelta = bytes.getInt();
        long timestamp = bytes.getLong();
        if (lastOffset >= 0) {
            producer.add(new RememberedBatch(lastSequence, lastOffset, offsetDelta, timestamp));
        }
        producer.lastTimestamp = timestamp;
        producer.coordinatorEpoch = bytes.getInt();
        producer.transactionStart = bytes.getLong();
        return producer;
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, CRC_FROM, bytes.length - CRC_FROM);
        return (int) crc.getValue();
    }

    /** Not what was written; the state can be had from the log. */
    static final class DamagedSnapshotException extends IOException {
        private static final long serialVersionUID = 1L;

        DamagedSnapshotException(Path file) {
            super("damaged snapshot " + file);
        }
    }
}
