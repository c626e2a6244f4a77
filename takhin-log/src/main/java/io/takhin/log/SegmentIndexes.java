package io.takhin.log;

import io.takhin.log.TimeIndex.TimestampOffset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The three indexes of a segment, which are not in memory until somebody asks for one: most
 * segments of a broker with many are at rest.
 *
 * <p>Threads: as {@link Segment}.
 */
final class SegmentIndexes {
    private final OpenFiles openFiles;

    /** The batches, after whose file those of the indexes are called. */
    private final SharedFile batches;

    private volatile @Nullable Loaded loaded;

    private record Loaded(OffsetIndex offsets, TimeIndex times, TransactionIndex transactions) {
        boolean hasTails() {
            return offsets.entries().hasTail() || times.entries().hasTail();
        }

        List<SharedFile> files() {
            return List.of(offsets.entries().file(), times.entries().file(), transactions.file());
        }
    }

    SegmentIndexes(OpenFiles openFiles, SharedFile batches) {
        this.openFiles = openFiles;
        this.batches = batches;
    }

    OffsetIndex offsets() {
        return loaded().offsets;
    }

    TimeIndex times() {
        return loaded().times;
    }

    TransactionIndex transactions() {
        return loaded().transactions;
    }

    private Loaded loaded() {
        Loaded known = loaded;
        return known == null ? load() : known;
    }

    private synchronized Loaded load() {
        Loaded made = loaded;
        if (made == null) {
            long baseOffset = batches.offset();
            made =
                    new Loaded(
                            new OffsetIndex(file(PartitionFiles.OFFSET_INDEX), baseOffset),
                            new TimeIndex(file(PartitionFiles.TIME_INDEX), baseOffset),
                            new TransactionIndex(file(PartitionFiles.TRANSACTION_INDEX)));
            loaded = made;
        }
        return made;
    }

    private SharedFile file(String kind) {
        String mark = batches.suffix().substring(PartitionFiles.LOG.length());
        return new SharedFile(openFiles, batches.directory(), batches.offset(), kind + mark);
    }

    /** Whether transactions were added that no sync has covered. */
    boolean hasUnsyncedTransactions() {
        Loaded known = loaded;
        return known != null && known.transactions.isUnsynced();
    }

    /**
     * The last entry of the time index. Retention asks every segment: that must not leave an index
     * in memory for each.
     */
    TimestampOffset lastOfTimes() throws IOException {
        if (loaded != null) {
            return times().last();
        }
        SharedFile once = file(PartitionFiles.TIME_INDEX);
        try {
            return new TimeIndex(once, batches.offset()).last();
        } finally {
            once.retire();
        }
    }

    /** Brings to the files what is in memory alone. */
    void writeTails() throws IOException {
        Loaded known = loaded;
        if (known == null) {
            return;
        }
        if (known.offsets.entries().hasTail()) {
            known.offsets.entries().writeTail();
        }
        if (known.times.entries().hasTail()) {
            known.times.entries().writeTail();
        }
    }

    /** Whether offsets and times have a file of whole entries, as a closed segment has them. */
    boolean haveFiles() throws IOException {
        return isWhole(file(PartitionFiles.OFFSET_INDEX), OffsetIndex.ENTRY_BYTES)
                && isWhole(file(PartitionFiles.TIME_INDEX), TimeIndex.ENTRY_BYTES);
    }

    private static boolean isWhole(SharedFile index, int entryBytes) throws IOException {
        try {
            return Files.size(index.path()) % entryBytes == 0;
        } catch (NoSuchFileException _) {
            return false;
        }
    }

    /** Frees memory and descriptors, but for what is not in the files. Nobody else may ask now. */
    void settle() {
        Loaded known = loaded;
        if (known == null) {
            return;
        }
        List<SharedFile> files = known.files();
        files.forEach(each -> each.closeIfUnusedSince(Long.MAX_VALUE));
        if (!known.hasTails()
                && !known.transactions.isUnsynced()
                && files.stream().noneMatch(SharedFile::isOpen)) {
            loaded = null;
        }
    }

    /** Descriptors go once nobody reads. */
    void retire() {
        Loaded known = loaded;
        if (known != null) {
            known.files().forEach(SharedFile::retire);
        }
    }
}
