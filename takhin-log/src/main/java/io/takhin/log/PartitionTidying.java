package io.takhin.log;

import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.PartitionFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a partition's directory into order before its log is read: finishes or undoes what a crash
 * interrupted, and removes what belongs to nothing.
 *
 * <p>Compaction writes {@code .cleaned} files, renames them to {@code .swap} once they are
 * complete, and then puts them in the place of the segments they replace. So a cleaned file is
 * worthless, and a swap file is wanted.
 */
final class PartitionTidying {
    private static final Logger log = LoggerFactory.getLogger(PartitionTidying.class);
    private static final Set<String> INDEXES =
            Set.of(
                    PartitionFiles.OFFSET_INDEX,
                    PartitionFiles.TIME_INDEX,
                    PartitionFiles.TRANSACTION_INDEX);

    private PartitionTidying() {}

    /**
     * A segment's file.
     *
     * @param size in bytes
     * @param indexed whether both indexes have a file of whole entries
     */
    record Found(long baseOffset, long size, boolean indexed) {}

    /**
     * A directory in order.
     *
     * @param segments by offset
     * @param snapshots of producer state: the offsets they are named after, rising
     */
    record Tidied(List<Found> segments, List<Long> snapshots) {}

    static Tidied tidy(Path directory) throws IOException {
        PartitionListing listing = PartitionListing.of(directory);
        if (listing.hasAny(PartitionFiles.CLEANED)
                || listing.hasAny(PartitionFiles.SWAP)
                || listing.hasAny(PartitionFiles.DELETED)) {
            List<Path> files = listing.files();
            finishInterrupted(
                    directory,
                    files,
                    endingWith(files, PartitionFiles.CLEANED),
                    endingWith(files, PartitionFiles.SWAP));
            listing = PartitionListing.of(directory);
        }
        TreeMap<Long, Found> segments = new TreeMap<>();
        List<Long> snapshots = new ArrayList<>();
        for (String name : listing.names()) {
            long offset = PartitionFiles.offsetOf(name, PartitionFiles.LOG);
            if (offset >= 0) {
                segments.put(
                        offset, new Found(offset, listing.size(name), listing.hasIndexes(offset)));
            }
            long snapshot = PartitionFiles.snapshotOffsetOf(name);
            if (snapshot >= 0) {
                snapshots.add(snapshot);
            }
        }
        removeOrphans(directory, listing, segments.keySet());
        return new Tidied(List.copyOf(segments.values()), snapshots.stream().sorted().toList());
    }

    private static void finishInterrupted(
            Path directory, List<Path> files, List<Path> cleaned, List<Path> swaps)
            throws IOException {
        for (Path file : files) {
            if (isDeletedFile(file)) {
                Files.deleteIfExists(file);
            }
        }
        // Swap files behind a cleaned one come from a split that did not get to its end.
        long incompleteFrom =
                cleaned.stream().mapToLong(PartitionTidying::leadingOffset).min().orElse(-1);
        List<Path> complete = new ArrayList<>();
        for (Path swap : swaps) {
            if (incompleteFrom >= 0 && leadingOffset(swap) >= incompleteFrom) {
                Files.deleteIfExists(swap);
            } else {
                complete.add(swap);
            }
        }
        for (Path file : cleaned) {
            Files.deleteIfExists(file);
        }
        if (!complete.isEmpty()) {
            finishSwap(directory, files, complete);
        }
    }

    /** Only what belongs to a segment: a metadata log has other files with this ending. */
    private static boolean isDeletedFile(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(PartitionFiles.DELETED)
                && leadingOffset(file) >= 0
                && !name.contains(".checkpoint");
    }

    private static void finishSwap(Path directory, List<Path> files, List<Path> swaps)
            throws IOException {
        long from = Long.MAX_VALUE;
        long to = -1;
        for (Path swap : endingWith(swaps, PartitionFiles.LOG + PartitionFiles.SWAP)) {
            long first = leadingOffset(swap);
            from = Math.min(from, first);
            // Also where nothing is left in it, its old self goes.
            to = Math.max(to, Math.max(first + 1, endOf(swap)));
        }
        for (Path file : files) {
            long offset = leadingOffset(file);
            boolean replaced = offset >= from && offset < to && isSegmentFile(file);
            if (replaced) {
                log.info("removing {}: compaction had replaced it", file);
                Files.deleteIfExists(file);
            }
        }
        // As in SegmentSwap: or a power cut could leave old records beside the new ones.
        DurablePaths.sync(directory);
        for (Path swap : swaps) {
            String name = swap.getFileName().toString();
            String plain = name.substring(0, name.length() - PartitionFiles.SWAP.length());
            Files.move(swap, swap.resolveSibling(plain), StandardCopyOption.ATOMIC_MOVE);
        }
        DurablePaths.sync(directory);
    }

    private static boolean isSegmentFile(Path file) {
        return offsetOf(file, PartitionFiles.LOG) >= 0
                || INDEXES.stream().anyMatch(index -> offsetOf(file, index) >= 0);
    }

    private static long endOf(Path segment) throws IOException {
        long end = leadingOffset(segment);
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.READ)) {
            long bytes = channel.size();
            if (bytes > Segment.BYTES_MAX) {
                // Before what it replaces is removed.
                throw new IOException(segment + " is larger than a segment can be: " + bytes);
            }
            BatchScanner scanner =
                    new BatchScanner(channel, 0, (int) bytes, BatchScanner.SEQUENTIAL_BYTES);
            while (scanner.next()) {
                end = scanner.lastOffset() + 1;
            }
        }
        return end;
    }

    private static void removeOrphans(Path directory, PartitionListing listing, Set<Long> segments)
            throws IOException {
        for (String name : listing.names()) {
            for (String index : INDEXES) {
                long offset = PartitionFiles.offsetOf(name, index);
                if (offset >= 0 && !segments.contains(offset)) {
                    Path file = directory.resolve(name);
                    log.warn("removing {}: there is no segment for it", file);
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static List<Path> endingWith(List<Path> files, String suffix) {
        return files.stream().filter(file -> file.toString().endsWith(suffix)).toList();
    }

    private static long offsetOf(Path file, String suffix) {
        return PartitionFiles.offsetOf(file.getFileName().toString(), suffix);
    }

    private static long leadingOffset(Path file) {
        return PartitionFiles.leadingOffset(file.getFileName().toString());
    }
}
