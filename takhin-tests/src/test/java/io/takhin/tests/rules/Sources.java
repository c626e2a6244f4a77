package io.takhin.tests.rules;

import io.takhin.tests.harness.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Every Java file of every module, main and test. */
final class Sources {
    private Sources() {}

    static List<Path> all() throws IOException {
        try (Stream<Path> modules = Files.list(Program.root())) {
            return modules.filter(folder -> folder.getFileName().toString().startsWith("takhin-"))
                    .map(folder -> folder.resolve("src"))
                    .filter(Files::isDirectory)
                    .flatMap(Sources::javaFiles)
                    .sorted()
                    .toList();
        }
    }

    /** As a reader of a failed test wants to see it. */
    static String name(Path file) {
        return Program.root().relativize(file).toString();
    }

    private static Stream<Path> javaFiles(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
