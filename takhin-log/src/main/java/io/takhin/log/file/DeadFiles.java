package io.takhin.log.file;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes what no log needs any more. */
public final class DeadFiles {
    private static final Logger log = LoggerFactory.getLogger(DeadFiles.class);

    private DeadFiles() {}

    /**
     * A file, or a directory with all that is in it; nothing where it is gone already.
     *
     * @throws DirectoryNotEmptyException when somebody made a file in it meanwhile
     */
    public static void remove(Path path) throws IOException {
        Files.walkFileTree(path, new Remover());
    }

    /** As {@link #remove}, and one file of the directory after all others, durably. */
    public static void remove(Path directory, String last) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(each -> !each.endsWith(last)).toList()) {
                remove(file);
            }
        }
        DurablePaths.sync(directory);
        remove(directory);
    }

    /** Removes what a failed attempt to make something left behind. */
    public static void discard(Collection<Path> files) {
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                log.debug("cannot remove {}", file, e);
            }
        }
    }

    private static final class Remover extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        /** Where somebody was faster, the others are still to go. */
        @Override
        public FileVisitResult visitFileFailed(Path file, IOException error) throws IOException {
            if (error instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw error;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException error)
                throws IOException {
            if (error != null) {
                throw error;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
