package io.takhin.log;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Removes what no log needs any more. */
final class DeadFiles {
    private DeadFiles() {}

    /** A file, or a directory with all that is in it; nothing where it is gone already. */
    static void remove(Path path) throws IOException {
        try {
            Files.walkFileTree(path, new Remover());
        } catch (NoSuchFileException _) {
            // Somebody was faster.
        }
    }

    private static final class Remover extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
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
