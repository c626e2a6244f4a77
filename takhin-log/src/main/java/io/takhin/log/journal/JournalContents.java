package io.takhin.log.journal;

import io.takhin.log.file.DurablePaths;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a journal has when a directory is opened: the state of its halves, and for each partition
 * the entries that still mean something, in the order they were written. Immutable once read.
 */
public final class JournalContents {
    private static final Logger log = LoggerFactory.getLogger(JournalContents.class);

    private final int halfBytes;
    private final List<Half> halves;
    private final Map<TopicPartition, List<JournalEntry>> entries;
    private final boolean cleanStop;

    /** One half. */
    public sealed interface Half {
        /** Has no place on the disk, or nothing that can be believed. */
        record Unprepared() implements Half {}

        /**
         * Has its place.
         *
         * @param filled from the half's begin to behind the last entry
         * @param empty whether nothing of its generation was found. After a crash that does not say
         *     that there is nothing: the first block of a round may be lost and a later one not.
         *     What is written next could end where that one begins, and a scan go on with it. So
         *     such a half gets another generation before it is used
         */
        record Prepared(long generation, int filled, boolean empty) implements Half {}

        default long lastGeneration() {
            return this instanceof Prepared prepared ? prepared.generation : 0;
        }
    }

    private JournalContents(
            int halfBytes,
            List<Half> halves,
            Map<TopicPartition, List<JournalEntry>> entries,
            boolean cleanStop) {
        this.halfBytes = halfBytes;
        this.halves = halves;
        this.entries = entries;
        this.cleanStop = cleanStop;
    }

    /**
     * Reads the journal of a directory.
     *
     * @param halfBytes size of the halves where the file does not say
     * @param cleanStop nothing in it means anything: everything is in the segments
     * @throws IOException also when a later version of this program left the journal, and did not
     *     stop cleanly: what it acknowledged may be there and nowhere else
     */
    public static JournalContents read(Path root, int halfBytes, boolean cleanStop)
            throws IOException {
        Path path = root.resolve(JournalFile.NAME);
        if (!DurablePaths.exists(path)) {
            List<Half> none = List.of(new Half.Unprepared(), new Half.Unprepared());
            return new JournalContents(halfBytes, none, Map.of(), cleanStop);
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            Reader reader = new Reader(path, channel, cleanStop);
            return reader.read(halfBytes);
        }
    }

    public int halfBytes() {
        return halfBytes;
    }

    public Half half(int index) {
        return halves.get(index);
    }

    public long lastGeneration() {
        return halves.stream().mapToLong(Half::lastGeneration).max().orElse(0);
    }

    /** The process before left it in order: a half that looks empty is. */
    public boolean isOfCleanStop() {
        return cleanStop;
    }

    public boolean hasEntries() {
        return !entries.isEmpty();
    }

    public List<JournalEntry> of(TopicPartition partition) {
        return entries.getOrDefault(partition, List.of());
    }

    private static final class Reader {
        private final Path path;
        private final FileChannel channel;
        private final boolean cleanStop;

        Reader(Path path, FileChannel channel, boolean cleanStop) {
            this.path = path;
            this.channel = channel;
            this.cleanStop = cleanStop;
        }

        private record Scanned(Half half, List<JournalEntry> entries) {}

        JournalContents read(int sizeByDefault) throws IOException {
            int halfBytes = sizeByDefault;
            if (headerAt(0) instanceof JournalFormat.Header.Valid valid) {
                halfBytes = valid.halfBytes();
            }
            List<Scanned> scanned = new ArrayList<>();
            for (int half = 0; half < 2; half++) {
                scanned.add(scan((long) half * halfBytes, halfBytes));
            }
            Map<TopicPartition, List<JournalEntry>> entries = new HashMap<>();
            scanned.stream()
                    .sorted(Comparator.comparingLong(each -> each.half().lastGeneration()))
                    .forEach(each -> collect(each.entries(), entries));
            return new JournalContents(
                    halfBytes, scanned.stream().map(Scanned::half).toList(), entries, cleanStop);
        }

        private JournalFormat.Header headerAt(long position) throws IOException {
            ByteBuffer block = ByteBuffer.allocate(JournalFormat.BLOCK_BYTES);
            while (block.hasRemaining() && channel.read(block, position + block.position()) > 0) {}
            return JournalFormat.parseHeader(block.flip());
        }

        private Scanned scan(long start, int halfBytes) throws IOException {
            return switch (headerAt(start)) {
                case JournalFormat.Header.Missing _ -> nothing();
                case JournalFormat.Header.Unknown(int version) -> {
                    refuseUnlessClean(version);
                    yield nothing();
                }
                case JournalFormat.Header.Damaged _ -> {
                    log.warn("{}: damaged header at {}; believing its entries", path, start);
                    yield entriesOf(start, halfBytes, 0);
                }
                case JournalFormat.Header.Valid(long generation, int _) ->
                        entriesOf(start, halfBytes, generation);
            };
        }

        private static Scanned nothing() {
            return new Scanned(new Half.Unprepared(), List.of());
        }

        private void refuseUnlessClean(int version) throws IOException {
            if (!cleanStop) {
                throw new IOException(
                        path
                                + " has version "
                                + version
                                + ", of a later program that did not stop cleanly: start that and"
                                + " stop it, or remove the file if the machine kept running");
            }
        }

        private Scanned entriesOf(long start, int halfBytes, long generation) throws IOException {
            long end = Math.min(start + halfBytes, channel.size());
            JournalScanner scanner =
                    new JournalScanner(channel, generation, start + JournalFormat.BLOCK_BYTES, end);
            List<JournalEntry> found = new ArrayList<>();
            int spread = JournalFormat.spreadBytes(halfBytes);
            do {
                for (JournalEntry entry = scanner.next(); entry != null; entry = scanner.next()) {
                    found.add(entry);
                    if (cleanStop) {
                        // Only whether there is one matters.
                        return new Scanned(prepared(scanner, start, false), List.of());
                    }
                }
            } while (skipDamage(scanner, spread, found));
            boolean whole = start + halfBytes <= channel.size();
            if (found.isEmpty() && !whole) {
                return nothing();
            }
            boolean empty = found.isEmpty() && generation != 0;
            return new Scanned(prepared(scanner, start, empty), found);
        }

        /** False at the end of what was durable. */
        private boolean skipDamage(JournalScanner scanner, int spread, List<JournalEntry> found)
                throws IOException {
            JournalScanner.Damage damage = cleanStop ? null : scanner.skipDamage(spread);
            if (damage == null) {
                return false;
            }
            log.error(
                    "{} is damaged from {} to {}: acknowledged records of {} may be lost there{}",
                    path,
                    damage.from(),
                    damage.to(),
                    damage.partition() == null ? "some partitions" : damage.partition(),
                    damage.mayHideForget()
                            ? "; what lies before is not put back, because logs may have been cut"
                            : "");
            if (damage.mayHideForget()) {
                found.add(JournalEntry.unknown());
            }
            return true;
        }

        private static Half prepared(JournalScanner scanner, long start, boolean empty) {
            return new Half.Prepared(
                    scanner.generation(), (int) (scanner.position() - start), empty);
        }

        private static void collect(
                List<JournalEntry> found, Map<TopicPartition, List<JournalEntry>> entries) {
            for (JournalEntry entry : found) {
                switch (entry.kind()) {
                    case DATA ->
                            entries.computeIfAbsent(entry.partition(), _ -> new ArrayList<>())
                                    .add(entry);
                    case FORGET -> {
                        List<JournalEntry> before = entries.get(entry.partition());
                        if (before != null) {
                            before.removeIf(each -> each.topicId().equals(entry.topicId()));
                        }
                    }
                    case NONE -> entries.clear();
                    case PADDING -> {}
                }
            }
        }
    }
}
