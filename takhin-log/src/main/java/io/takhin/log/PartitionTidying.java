package io.takhin.log;

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
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

    /** Base offset and size of a segment's file. */
    record Found(long baseOffset, long size) {}

    /** Returns the segments that are there, in order. */
    static List<Found> tidy(Path directory) throws IOException {
        List<Path> files = filesIn(directory);
        List<Path> cleaned = endingWith(files, PartitionFiles.CLEANED);
        List<Path> swaps = endingWith(files, PartitionFiles.SWAP);
        List<Path> deleted = endingWith(files, PartitionFiles.LOG + PartitionFiles.DELETED);
        if (!cleaned.isEmpty() || !swaps.isEmpty() || !deleted.isEmpty()) {
            finishInterrupted(directory, files, cleaned, swaps);
            files = filesIn(directory);
        }
        TreeMap<Long, Long> segments = new TreeMap<>();
        for (Path file : files) {
            long offset = offsetOf(file, PartitionFiles.LOG);
            if (offset >= 0) {
                segments.put(offset, Files.size(file));
            }
        }
        removeOrphans(files, segments.keySet());
        return segments.entrySet().stream()
                .map(entry -> new Found(entry.getKey(), entry.getValue()))
                .toList();
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
        DiskSync.syncPath(directory);
        for (Path swap : swaps) {
            String name = swap.getFileName().toString();
            String plain = name.substring(0, name.length() - PartitionFiles.SWAP.length());
            Files.move(swap, swap.resolveSibling(plain), StandardCopyOption.ATOMIC_MOVE);
        }
        DiskSync.syncPath(directory);
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

    private static void removeOrphans(List<Path> files, Set<Long> segments) throws IOException {
        for (Path file : files) {
            for (String index : INDEXES) {
                long offset = offsetOf(file, index);
                if (offset >= 0 && !segments.contains(offset)) {
                    log.warn("removing {}: there is no segment for it", file);
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static List<Path> filesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile).collect(Collectors.toList());
        }
    }

    private static List<Path> endingWith(List<Path> files, String suffix) {
        return files.stream().filter(file -> file.toString().endsWith(suffix)).toList();
    }

    private static long offsetOf(Path file, String suffix) {
        return PartitionFiles.offsetOf(file.getFileName().toString(), suffix);
    }

    /** The offset before the first dot of a name; -1 where none is. */
    private static long leadingOffset(Path file) {
        String name = file.getFileName().toString();
        int dot = name.indexOf('.');
        return dot < 0 ? -1 : PartitionFiles.offsetOf(name.substring(0, dot), "");
    }
}
