package io.takhin.tests.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the compiler and the formatter do not check: sizes, and words that must not stay. */
class TidyTest {
    private static final int METHOD_LINES_MAX = 60;
    private static final int FILE_LINES_MAX = 500;
    private static final int PARAMETERS_MAX = 6;
    private static final int MEDIAN_METHOD_LINES_MAX = 8;

    // Spelled so that this file does not find itself.
    private static final Pattern BANNED =
            Pattern.compile(
                    "\\b(TO"
                            + "DO|FIX"
                            + "ME|X"
                            + "XX|HA"
                            + "CK)\\b|Thread\\.sl"
                            + "eep|@Dis"
                            + "abled\\b|jq"
                            + "wik");

    @Test
    void methodsAreShort() throws IOException {
        assertThat(MethodSizes.of(Sources.all()))
                .isNotEmpty()
                .filteredOn(method -> method.lines() > METHOD_LINES_MAX)
                .isEmpty();
    }

    @Test
    void halfOfTheMethodsAreVeryShort() throws IOException {
        int[] lines =
                MethodSizes.of(Sources.all()).stream()
                        .mapToInt(MethodSizes.Method::lines)
                        .sorted()
                        .toArray();

        assertThat(lines[lines.length / 2]).isLessThanOrEqualTo(MEDIAN_METHOD_LINES_MAX);
    }

    @Test
    void methodsTakeFewParameters() throws IOException {
        assertThat(MethodSizes.of(Sources.all()))
                .filteredOn(method -> method.parameters() > PARAMETERS_MAX)
                .isEmpty();
    }

    @Test
    void filesHaveOneSubject() throws IOException {
        assertThat(Sources.all())
                .filteredOn(file -> lines(file).size() > FILE_LINES_MAX)
                .map(Sources::name)
                .isEmpty();
    }

    @Test
    void nothingIsLeftUnfinished() throws IOException {
        assertThat(Sources.all().stream().flatMap(TidyTest::bannedLines)).isEmpty();
    }

    private static Stream<String> bannedLines(Path file) {
        List<String> lines = lines(file);
        return IntStream.range(0, lines.size())
                .filter(i -> BANNED.matcher(lines.get(i)).find())
                .mapToObj(i -> Sources.name(file) + ":" + (i + 1) + ": " + lines.get(i).strip());
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
