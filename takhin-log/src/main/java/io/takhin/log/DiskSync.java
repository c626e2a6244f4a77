package io.takhin.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Brings files to the disk: one by one where they are few, by one sync of the whole file system
 * where they are many (ADR 14).
 *
 * <p>Threads: one at a time.
 */
final class DiskSync {
    private final FlushRule rule;
    private boolean syncfsWorks = true;

    DiskSync(FlushRule rule) {
        this.rule = rule;
    }

    /**
     * Returns when everything the plans name is durable; an error means that nothing may be.
     *
     * @param otherDirtyBytes what the file system may have to write besides
     */
    void sync(Collection<LogDurability.Plan> plans, long otherDirtyBytes) throws IOException {
        int files = 0;
        Set<Path> paths = new LinkedHashSet<>();
        for (LogDurability.Plan plan : plans) {
            files += plan.files().size();
            paths.addAll(plan.paths());
        }
        if (syncfsWorks && rule.prefersSyncfs(files + paths.size(), otherDirtyBytes)) {
            syncfsWorks = syncFileSystem(plans.iterator().next().directory());
            if (syncfsWorks) {
                return;
            }
        }
        for (LogDurability.Plan plan : plans) {
            syncEach(plan.files());
        }
        // Names after what they name.
        for (Path path : paths) {
            syncPath(path);
        }
    }

    private static boolean syncFileSystem(Path directory) throws IOException {
        return directory.getFileSystem().equals(FileSystems.getDefault()) && Syncfs.sync(directory);
    }

    private static void syncEach(List<SharedFile> files) throws IOException {
        for (SharedFile file : files) {
            file.sync();
        }
    }

    /** Makes a directory and those above it that are missing; their names are durable then. */
    static void createDirectories(Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath();
        Path parent = absolute.getParent();
        if (parent == null || Files.isDirectory(absolute)) {
            return;
        }
        createDirectories(parent);
        Files.createDirectories(absolute);
        syncPath(parent);
    }

    /** A small file or a directory; what is gone need not be durable. */
    static void syncPath(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (NoSuchFileException _) {
            // Deleted since the plan was made.
        }
    }
}
