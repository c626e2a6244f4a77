package io.takhin.log;

import io.takhin.log.file.PartitionFiles;
import io.takhin.log.index.OffsetIndex;
import io.takhin.log.index.TimeIndex;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The files in a partition's directory that are named after an offset, looked at once: a start does
 * it for every partition.
 */
final class PartitionListing {
    private final Path directory;

    /** In bytes, by name; of snapshots of producer state nobody asks, so theirs is 0. */
    private final Map<String, Long> sizes;

    private PartitionListing(Path directory, Map<String, Long> sizes) {
        this.directory = directory;
        this.sizes = sizes;
    }

    static PartitionListing of(Path directory) throws IOException {
        Map<String, Long> sizes = new HashMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (PartitionFiles.snapshotOffsetOf(name) >= 0) {
                    sizes.put(name, 0L);
                } else if (PartitionFiles.leadingOffset(name) >= 0) {
                    BasicFileAttributes found =
                            Files.readAttributes(file, BasicFileAttributes.class);
                    if (found.isRegularFile()) {
                        sizes.put(name, found.size());
                    }
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return new PartitionListing(directory, sizes);
    }

    Iterable<String> names() {
        return sizes.keySet();
    }

    List<Path> files() {
        List<Path> files = new ArrayList<>(sizes.size());
        sizes.keySet().forEach(name -> files.add(directory.resolve(name)));
        return files;
    }

    boolean hasAny(String suffix) {
        return sizes.keySet().stream().anyMatch(name -> name.endsWith(suffix));
    }

    /** Whether both indexes of a segment have a file of whole entries, as a closed one has them. */
    boolean hasIndexes(long baseOffset) {
        return isWhole(baseOffset, PartitionFiles.OFFSET_INDEX, OffsetIndex.ENTRY_BYTES)
                && isWhole(baseOffset, PartitionFiles.TIME_INDEX, TimeIndex.ENTRY_BYTES);
    }

    private boolean isWhole(long baseOffset, String suffix, int entryBytes) {
        Long size = sizes.get(PartitionFiles.name(baseOffset, suffix));
        return size != null && size % entryBytes == 0;
    }

    long size(String name) {
        return sizes.getOrDefault(name, 0L);
    }
}
