package io.takhin.log;

import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.SharedFile;
import io.takhin.log.file.ShortageException;
import io.takhin.log.file.Syncfs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings files to the disk: one by one where they are few, by one sync of the whole file system
 * where they are many (ADR 14).
 *
 * <p>Threads: one at a time.
 */
final class DiskSync implements AutoCloseable {
    private final FlushRule rule;
    private final OpenFiles openFiles;
    private boolean syncfsWorks = true;

    /** Null until files are first synced together. */
    private @Nullable Syncfs fileSystem;

    DiskSync(FlushRule rule, OpenFiles openFiles) {
        this.rule = rule;
        this.openFiles = openFiles;
    }

    /**
     * Returns when everything the plans name is durable; an error means that nothing may be.
     *
     * @param otherDirtyBytes what the file system may have to write besides
     * @return whether everything else on the file system is durable too
     */
    boolean sync(Collection<FlushPlan> plans, long otherDirtyBytes) throws IOException {
        List<SharedFile> files = new ArrayList<>();
        Set<Path> paths = new LinkedHashSet<>();
        for (FlushPlan plan : plans) {
            files.addAll(plan.files());
            paths.addAll(plan.paths());
        }
        if (rule.prefersSyncfs(files.size() + paths.size(), otherDirtyBytes)
                && syncTogether(
                        files.stream().filter(file -> !isElsewhere(file)).toList(),
                        above(plans.iterator().next().directory()))) {
            syncOneByOne(
                    files.stream().filter(this::isElsewhere).toList(),
                    paths.stream().filter(openFiles::isElsewhere).toList());
            return true;
        }
        syncOneByOne(files, paths);
        return false;
    }

    /** One sync of the file system of the data directory would not reach it. */
    private boolean isElsewhere(SharedFile file) {
        return openFiles.isElsewhere(file.directory());
    }

    private void syncOneByOne(Collection<SharedFile> files, Collection<Path> paths)
            throws IOException {
        for (SharedFile file : files) {
            if (!file.isKnownSynced()) {
                openFiles.patiently(file::sync);
            }
        }
        // Names after what they name.
        for (Path path : paths) {
            openFiles.patiently(() -> DurablePaths.sync(path));
        }
    }

    /** A partition's own directory may be deleted, and its descriptor would keep it. */
    private static Path above(Path partition) {
        return Objects.requireNonNullElse(partition.getParent(), partition);
    }

    /** Returns when the files, all in one data directory, are durable. */
    void sync(List<SharedFile> files, Path directory) throws IOException {
        List<SharedFile> together = files.stream().filter(file -> !isElsewhere(file)).toList();
        boolean synced =
                rule.prefersSyncfs(together.size(), 0) && syncTogether(together, directory);
        for (SharedFile file : files) {
            if (!synced || isElsewhere(file)) {
                file.sync();
            }
        }
    }

    /** False where the system cannot do that. */
    private boolean syncTogether(List<SharedFile> files, Path directory) throws IOException {
        if (!syncfsWorks) {
            return false;
        }
        Syncfs used;
        try {
            used = fileSystem == null ? Syncfs.open(directory) : fileSystem;
        } catch (IOException e) {
            if (!ShortageException.isOfDescriptors(e)) {
                throw e;
            }
            // The files are open.
            return false;
        }
        fileSystem = used;
        if (used == null) {
            syncfsWorks = false;
            return false;
        }
        int[] writes = files.stream().mapToInt(SharedFile::writes).toArray();
        used.sync();
        for (int i = 0; i < writes.length; i++) {
            files.get(i).syncedUpTo(writes[i]);
        }
        return true;
    }

    @Override
    public void close() {
        if (fileSystem != null) {
            fileSystem.close();
            fileSystem = null;
        }
    }
}
