package io.takhin.log.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/** Names and small files that are on the disk when a call returns. */
public final class DurablePaths {
    private DurablePaths() {}

    /** Makes a directory and those above it that are missing; their names are durable then. */
    public static void createDirectories(Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath();
        Path parent = absolute.getParent();
        if (parent == null || Files.isDirectory(absolute)) {
            return;
        }
        createDirectories(parent);
        Files.createDirectories(absolute);
        sync(parent);
    }

    /** What gives a file another name, or takes it away. */
    @FunctionalInterface
    public interface Change {
        void run() throws IOException;
    }

    /** Durable when it returns. Where there is no descriptor for that, nothing was changed. */
    public static void change(Path directory, Change change) throws IOException {
        try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            change.run();
            names.force(true);
        }
    }

    /**
     * Whether there is something of the name. Unlike {@link Files#exists}, which says no when it
     * cannot be found out.
     */
    public static boolean exists(Path path) throws IOException {
        // Without an exception where there is none, which a start would meet for each partition.
        return path.getFileSystem()
                        .provider()
                        .readAttributesIfExists(path, BasicFileAttributes.class)
                != null;
    }

    /** A small file or a directory; what is gone need not be durable. */
    public static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (NoSuchFileException _) {
            // Deleted since the plan was made.
        }
    }
}
