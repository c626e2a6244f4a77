package io.takhin.log;

import io.takhin.log.journal.JournalContents;
import io.takhin.log.journal.JournalEntry;
import io.takhin.log.journal.JournalFile;
import io.takhin.log.journal.JournalFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The journal of a data directory: one file that takes the new bytes of all its logs, so that one
 * small sync makes all of them durable. Segments catch up in the background (ADR 13).
 *
 * <p>Used in rounds: {@link #begin}, then {@link #add} and {@link #forget} as often as needed, then
 * {@link #commit}.
 *
 * <p>Threads: the flusher's; anybody may ask how full it is.
 */
final class Journal {
    private static final int BUFFER_BYTES = 1 << 20;
    private static final long NONE = Long.MAX_VALUE;

    /** Generations of the two halves are never as far apart as this. */
    private static final long GENERATIONS_UNSEEN_MAX = 100;

    private final GroupCommit.Host host;
    private final JournalFile file;
    private final JournalKeeper keeper;
    private final List<JournalHalf> halves;
    private @Nullable JournalHalf current;
    private @Nullable ByteBuffer buffer;

    /** Taken since the last sync of the whole file system. */
    private long takenBytes;

    private Journal(JournalFile file, GroupCommit.Host host) {
        this.host = host;
        this.file = file;
        this.halves = List.of(new JournalHalf(0), new JournalHalf(1));
        this.keeper = new JournalKeeper(host, file, halves);
    }

    /**
     * Opens what the process before left, if there is anything.
     *
     * @param contents what the process before left in it; it is in the logs' files already, but may
     *     not be durable there
     */
    static Journal open(Path root, JournalContents contents, GroupCommit.Host host)
            throws IOException {
        JournalFile file = JournalFile.open(root, contents.halfBytes());
        Journal journal = new Journal(file, host);
        // A header that cannot be read may have had a generation that nothing else tells of.
        long unseen = contents.isOfCleanStop() ? 0 : GENERATIONS_UNSEEN_MAX;
        journal.keeper.startAfter(contents.lastGeneration() + unseen);
        for (JournalHalf half : journal.halves) {
            half.found(contents.half(half.index()));
            if (!contents.isOfCleanStop() && half.is(JournalHalf.State.FREE)) {
                journal.keeper.reset(half);
            }
        }
        return journal;
    }

    /** The log was read back with entries of the process before. */
    void adopt(PartitionLog log) {
        for (JournalHalf half : full()) {
            note(half, log);
        }
    }

    /** Begins to make free what the process before left. */
    void start() {
        full().forEach(keeper::checkpointSoon);
    }

    /** In the order they were written. */
    private List<JournalHalf> full() {
        return halves.stream()
                .filter(half -> half.is(JournalHalf.State.FULL))
                .sorted(Comparator.comparingLong(JournalHalf::generation))
                .toList();
    }

    /** Entries of generations below this one have served. */
    long oldestGeneration() {
        long oldest = NONE;
        for (JournalHalf half : halves) {
            if (half.holdsEntries()) {
                oldest = Math.min(oldest, half.generation());
            }
        }
        return oldest;
    }

    /** Bytes of entries that segments have not caught up with. */
    long usedBytes() {
        long used = 0;
        for (JournalHalf half : halves) {
            used += half.holdsEntries() ? half.filled() : 0;
        }
        return used;
    }

    /** At most so many bytes of segments are dirty because only the journal was synced. */
    long dirtyBytes() {
        return Math.min(takenBytes, usedBytes());
    }

    /** The whole file system was synced: no segment is dirty, whatever is known of each. */
    void allSynced() {
        takenBytes = 0;
    }

    long capacity() {
        return halves.stream().filter(half -> !half.is(JournalHalf.State.UNPREPARED)).count()
                * (long) file.halfBytes();
    }

    long checkpointMillis() {
        return keeper.checkpointMillis();
    }

    /**
     * Whether entries of so many bytes have room now. Where they have not, the next half is not
     * free yet, or never was made ready; that is being done.
     */
    boolean begin(long entryBytes) {
        long bytes = JournalFormat.roundUp(entryBytes + 2L * JournalFormat.BLOCK_BYTES);
        if (bytes > file.halfBytes() - JournalFormat.BLOCK_BYTES) {
            return false;
        }
        JournalHalf half = current;
        if (half != null && file.halfBytes() - half.filled() < bytes) {
            half.close();
            keeper.checkpointSoon(half);
            half = null;
        }
        if (half == null) {
            half = takeFree();
        }
        current = half;
        return half != null;
    }

    private @Nullable JournalHalf takeFree() {
        if (halves.stream().anyMatch(half -> half.is(JournalHalf.State.UNPREPARED))) {
            keeper.prepareSoon();
        }
        JournalHalf next = firstFree(halves);
        if (next != null) {
            next.use();
        }
        return next;
    }

    /**
     * The free half of the lowest generation: replay goes by generations, so they have to be used
     * in their order.
     */
    static @Nullable JournalHalf firstFree(Iterable<JournalHalf> halves) {
        // Halves become free while they are looked at, in the order of their generations. So what
        // the first look missed was free before what it found, and the second one sees it.
        return lowestFree(halves) == null ? null : lowestFree(halves);
    }

    private static @Nullable JournalHalf lowestFree(Iterable<JournalHalf> halves) {
        JournalHalf lowest = null;
        for (JournalHalf half : halves) {
            if (half.is(JournalHalf.State.FREE)
                    && (lowest == null || half.generation() < lowest.generation())) {
                lowest = half;
            }
        }
        return lowest;
    }

    private JournalHalf current() {
        JournalHalf half = current;
        if (half == null) {
            throw new IllegalStateException("no half of the journal is in use");
        }
        return half;
    }

    /**
     * Takes new bytes of a log.
     *
     * @return false when the log was cut meanwhile: nothing was taken
     */
    boolean add(PartitionLog log, FlushPlan.Range range) throws IOException {
        JournalHalf half = current();
        ByteBuffer target = withRoom(JournalFormat.entryBytes(log.topicPartition(), range.bytes()));
        int at = target.position();
        target.position(JournalFormat.putName(target, at, log.topicPartition()));
        if (!log.durability().read(range, target)) {
            target.position(at);
            return false;
        }
        JournalFormat.putEntry(target, at, entryOf(half, log, range));
        takenBytes += range.bytes();
        note(half, log);
        return true;
    }

    private static JournalEntry entryOf(JournalHalf half, PartitionLog log, FlushPlan.Range range) {
        return new JournalEntry(
                JournalFormat.Kind.DATA,
                half.generation(),
                half.round(),
                log.topicId(),
                log.topicPartition(),
                range.segment().baseOffset(),
                range.from(),
                range.firstOffset(),
                range.endOffset() - 1,
                range.bytes(),
                0);
    }

    /** As {@link #begin}, before {@link #forget} of logs whose entries have so many bytes. */
    boolean beginForgetting(long entryBytes) {
        return begin(2 * entryBytes + spreadBytes() + 2L * JournalFormat.BLOCK_BYTES);
    }

    /**
     * What was taken of the logs before means nothing any more: their segments have what is left.
     * Said twice, so far apart that damage of one place leaves the other: else what was cut off
     * would come back.
     */
    void forget(List<PartitionLog> logs) throws IOException {
        for (PartitionLog log : logs) {
            forget(log);
        }
        pad(spreadBytes());
        for (PartitionLog log : logs) {
            forget(log);
        }
    }

    private int spreadBytes() {
        return JournalFormat.spreadBytes(file.halfBytes());
    }

    private void forget(PartitionLog log) throws IOException {
        JournalHalf half = current();
        ByteBuffer target = withRoom(JournalFormat.entryBytes(log.topicPartition(), 0));
        int at = target.position();
        target.position(JournalFormat.putName(target, at, log.topicPartition()));
        JournalEntry entry =
                JournalEntry.forget(
                        half.generation(), half.round(), log.topicId(), log.topicPartition());
        JournalFormat.putEntry(target, at, entry);
        note(half, log);
    }

    private static void note(JournalHalf half, PartitionLog log) {
        if (log.durability().lag().enter(half.generation())) {
            half.logs().add(log);
        }
    }

    private ByteBuffer withRoom(int bytes) throws IOException {
        ByteBuffer target = buffer;
        if (target == null) {
            target = ByteBuffer.allocateDirect(BUFFER_BYTES);
            buffer = target;
        }
        if (target.remaining() < bytes) {
            write(target, target.position() & -JournalFormat.BLOCK_BYTES);
        }
        return target;
    }

    /** Writes the first bytes of the buffer, whole blocks, and moves the others to its front. */
    private void write(ByteBuffer target, int bytes) throws IOException {
        JournalHalf half = current();
        int end = target.position();
        target.limit(bytes).position(0);
        file.write(target, file.startOf(half.index()) + half.filled());
        half.fillTo(half.filled() + bytes);
        target.limit(end);
        target.compact();
    }

    /** Returns when everything taken since {@link #begin} is durable. */
    void commit() throws IOException {
        pad(0);
        ByteBuffer target = withRoom(0);
        write(target, target.position());
        file.force();
        current().endRound();
    }

    /** Up to the end of a block that is at least so many bytes behind. */
    private void pad(int bytesMin) throws IOException {
        ByteBuffer target = withRoom(bytesMin + 2 * JournalFormat.BLOCK_BYTES);
        int at = target.position();
        int missing = (int) (JournalFormat.roundUp(at + bytesMin) - at);
        if (missing == 0) {
            return;
        }
        if (missing < JournalFormat.ENTRY_BYTES) {
            missing += JournalFormat.BLOCK_BYTES;
        }
        int zeros = missing - JournalFormat.ENTRY_BYTES;
        target.position(at + JournalFormat.ENTRY_BYTES);
        for (int i = 0; i < zeros; i++) {
            target.put((byte) 0);
        }
        JournalHalf half = current();
        JournalFormat.putEntry(
                target, at, JournalEntry.padding(half.generation(), half.round(), zeros));
    }

    /** The log's segments are to catch up with the journal; returns at once. */
    void settleSoon(PartitionLog log) {
        keeper.settleSoon(log);
    }

    /** Returns when segments hold durably all that the journal does. Waits for the disk. */
    void drain() throws IOException {
        JournalHalf half = current;
        if (half != null) {
            half.close();
            current = null;
        }
        keeper.checkpointNow();
    }

    /** As {@link JournalKeeper#stopPreparing}: a directory that is closed needs the space. */
    void stopPreparing() {
        keeper.stopPreparing();
    }

    /**
     * After the last round.
     *
     * @param clean whether everything is durable in the segments: the journal is left empty
     */
    void close(boolean clean) throws IOException {
        if (clean) {
            drain();
            if (host.isOnline()) {
                keeper.resetAll();
            }
        }
        keeper.stop();
        file.close();
    }
}
