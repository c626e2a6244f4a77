package io.takhin.log;

import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.ShortageException;
import io.takhin.log.journal.JournalContents;
import io.takhin.log.journal.JournalEntry;
import io.takhin.log.journal.JournalFile;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts back into segments what the journal has and a crash took from them, before logs are read
 * back. It only ever adds what was lost; no segment is synced here, the journal stays as it is
 * until the logs are durable without it.
 *
 * <p>Threads: any, one a partition.
 */
final class JournalReplay implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(JournalReplay.class);

    private final JournalContents contents;
    private final FileChannel journal;
    private final LongAdder restored = new LongAdder();

    private JournalReplay(JournalContents contents, FileChannel journal) {
        this.contents = contents;
        this.journal = journal;
    }

    static JournalReplay of(Path root, JournalContents contents) throws IOException {
        FileChannel journal =
                FileChannel.open(root.resolve(JournalFile.NAME), StandardOpenOption.READ);
        return new JournalReplay(contents, journal);
    }

    /** Bytes put back so far. */
    long restoredBytes() {
        return restored.sum();
    }

    /**
     * Of which topic a partition's directory is; {@code Uuid.ZERO_UUID} where nothing tells.
     * Entries have a checksum, the directory's file has none: where a flipped bit hides its id, or
     * makes another of it, they say which it was, and it is written anew. Entries that the file was
     * not written for may be of a topic that had the name before.
     */
    Uuid topicIdOf(Path directory, TopicPartition partition) throws IOException {
        Uuid read = PartitionMetadataFile.read(directory);
        List<Uuid> ids =
                contents.of(partition).stream().map(JournalEntry::topicId).distinct().toList();
        if (ids.contains(read)) {
            return read;
        }
        for (Uuid id : ids) {
            if (PartitionMetadataFile.isSameButForDamage(directory, id)) {
                log.warn("{} is damaged; by the journal its topic is {}", directory, id);
                rewriteId(directory, id);
                return id;
            }
        }
        return read;
    }

    private static void rewriteId(Path directory, Uuid id) throws IOException {
        try {
            PartitionMetadataFile.rewrite(directory, id);
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e)) {
                throw e;
            }
            // A full disk must not keep a broker from starting.
            log.warn("{}: its topic's id stays damaged: {}", directory, e.getMessage());
        }
    }

    /**
     * Puts back what one partition lost.
     *
     * @param topicId by {@link #topicIdOf}; entries of other topics mean nothing
     * @param from what lies below was durable in the segments
     * @return whether the journal has anything of this log, wanted or not: a cut must say so
     */
    boolean restore(Path directory, TopicPartition partition, Uuid topicId, long from)
            throws IOException {
        List<JournalEntry> own =
                contents.of(partition).stream()
                        .filter(entry -> entry.topicId().equals(topicId))
                        .toList();
        List<JournalEntry> wanted =
                own.stream().filter(entry -> entry.lastOffset() >= from).toList();
        int next = 0;
        while (next < wanted.size()) {
            int until = next;
            long base = wanted.get(next).segmentBase();
            while (until < wanted.size() && wanted.get(until).segmentBase() == base) {
                until++;
            }
            if (!restoreSegment(PartitionFiles.log(directory, base), wanted.subList(next, until))) {
                break;
            }
            next = until;
        }
        return !own.isEmpty();
    }

    private boolean restoreSegment(Path path, List<JournalEntry> entries) throws IOException {
        if (!DurablePaths.exists(path)) {
            // Deleted: a segment's name is durable before the journal takes anything of it.
            return true;
        }
        try (FileChannel segment =
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            int boundary = 0;
            for (JournalEntry entry : entries) {
                if (!restoreEntry(path, segment, entry, boundary)) {
                    return false;
                }
                boundary = entry.position() + entry.bytes();
            }
        }
        return true;
    }

    /**
     * @param boundary where a batch certainly begins, or would
     * @return false when nothing more of this log may be put back
     */
    private boolean restoreEntry(Path path, FileChannel segment, JournalEntry entry, int boundary)
            throws IOException {
        long size = segment.size();
        if (entry.position() > size) {
            log.warn("{} ends at {}, before the journal's {}", path, size, entry.position());
            return false;
        }
        ByteBuffer payload = read(journal, entry.payloadAt(), entry.bytes());
        int there = (int) Math.min(entry.bytes(), size - entry.position());
        int same = payload.slice(0, there).mismatch(read(segment, entry.position(), there));
        boolean differs = same >= 0;
        if (!differs && there == entry.bytes()) {
            // A sync that failed before the process ended has left them in the page cache alone,
            // where the system takes them for written: so that the next one writes them.
            writeAll(segment, payload, entry.position());
            return true;
        }
        if (differs && hasOtherBatch(segment, entry.position(), payload, same)) {
            // Written after a cut that was not durable yet, or by another program.
            log.warn("{} goes on differently than the journal from {}", path, entry.position());
            return false;
        }
        if (entry.position() != boundary && !follows(segment, entry)) {
            // The recovery point that is above the entry was lost, or lost a digit.
            log.warn("{} was compacted since the journal had {}", path, entry.position());
            return false;
        }
        boolean isRot = differs && differByABit(payload, read(segment, entry.position(), there));
        writeAll(segment, payload, entry.position());
        if (differs && !isRot) {
            // What follows was written over something else than this, and no sync has covered it.
            segment.truncate((long) entry.position() + entry.bytes());
        }
        restored.add(entry.bytes());
        return true;
    }

    private static void writeAll(FileChannel segment, ByteBuffer payload, long position)
            throws IOException {
        while (payload.hasRemaining()) {
            segment.write(payload, position + payload.position());
        }
    }

    private static ByteBuffer read(FileChannel channel, long position, int bytes)
            throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) <= 0) {
                throw new IOException("a file became shorter while it was read back");
            }
        }
        return buffer.flip();
    }

    /** And in nothing else: what a power cut leaves undone is as long as a sector. */
    private static boolean differByABit(ByteBuffer payload, ByteBuffer there) {
        int bits = 0;
        for (int i = 0; i < there.limit(); i++) {
            bits += Integer.bitCount((payload.get(i) ^ there.get(i)) & 0xFF);
        }
        return bits == 1;
    }

    /** Where the batch begins that has the byte. */
    private static int batchAt(ByteBuffer batches, int index) {
        int at = 0;
        while (at + BatchHeader.BYTES <= batches.limit()) {
            int size = BatchHeader.sizeInBytes(batches, at);
            if (size < BatchHeader.BYTES || at + size > index) {
                break;
            }
            at += size;
        }
        return at;
    }

    /** Whether a batch ends where the entry's bytes have their place, and with a smaller offset. */
    private static boolean follows(FileChannel segment, JournalEntry entry) throws IOException {
        BatchScanner scanner =
                new BatchScanner(segment, 0, entry.position(), BatchScanner.LOOKUP_BYTES);
        long last = -1;
        while (scanner.next() || scanner.nextBehindDamage(last + 1, entry.firstOffset())) {
            last = scanner.lastOffset();
        }
        return scanner.atEnd() && last < entry.firstOffset();
    }

    /**
     * Whether the file has another whole batch for the same offset, or after compaction for a later
     * one, and not just a torn one. What comes before the CRC in a header is not under it: with the
     * same length and the same CRC it is the same batch, of which a byte there went bad.
     */
    private static boolean hasOtherBatch(
            FileChannel segment, int position, ByteBuffer payload, int differsAt)
            throws IOException {
        int at = batchAt(payload, differsAt);
        int end = (int) Math.min(segment.size(), Segment.BYTES_MAX);
        BatchScanner scanner =
                new BatchScanner(segment, position + at, end, BatchScanner.LOOKUP_BYTES);
        return at + BatchHeader.BYTES <= payload.limit()
                && scanner.next()
                && scanner.baseOffset() >= BatchHeader.baseOffset(payload, at)
                && !isSame(scanner, payload, at)
                && scanner.isCrcValid();
    }

    private static boolean isSame(BatchScanner there, ByteBuffer payload, int at) {
        return there.sizeInBytes() == BatchHeader.sizeInBytes(payload, at)
                && BatchHeader.storedCrc(there.buffer(), there.at())
                        == BatchHeader.storedCrc(payload, at);
    }

    @Override
    public void close() throws IOException {
        journal.close();
    }
}
