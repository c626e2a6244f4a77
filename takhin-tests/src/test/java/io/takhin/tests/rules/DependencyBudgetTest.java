package io.takhin.tests.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.Program;
import io.takhin.tests.harness.TakhinOnly;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the program is shipped with. A new library is a decision, and this test is where it shows.
 */
@TakhinOnly
class DependencyBudgetTest {
    private static final long TOTAL_BYTES_MAX = 30L * 1024 * 1024;

    @Test
    void onlyTheseLibrariesAreShipped() throws IOException {
        List<String> shipped =
                jars().stream()
                        .map(jar -> jar.getFileName().toString())
                        .map(name -> name.replaceAll("-\\d[\\w.-]*\\.jar$|\\.jar$", ""))
                        .filter(name -> !name.startsWith("takhin-"))
                        .sorted()
                        .toList();

        assertThat(shipped).isEqualTo(agreedLibraries());
    }

    @Test
    void allOfThemTogetherAreSmall() throws IOException {
        assertThat(jars().stream().mapToLong(DependencyBudgetTest::size).sum())
                .isPositive()
                .isLessThan(TOTAL_BYTES_MAX);
    }

    private static List<Path> jars() throws IOException {
        try (Stream<Path> files = Files.list(Program.launcher().resolveSibling("build/lib"))) {
            return files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
    }

    private static List<String> agreedLibraries() throws IOException {
        Path list = Program.root().resolve("takhin-tests/src/test/resources/libraries.txt");
        return Files.readAllLines(list).stream().filter(line -> !line.startsWith("#")).toList();
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
