package io.takhin.broker.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.broker.config.BrokerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class LogOutputTest {
    private static final Logger log = LoggerFactory.getLogger(LogOutputTest.class);

    @TempDir Path dir;

    @AfterEach
    void closeTheFile() throws IOException {
        LogOutput.start(new BrokerConfig.Logging("warn", false, Optional.empty(), 1024, 1));
    }

    // S50, S168
    @Test
    void anEventIsOneJsonObjectInOneLine() throws IOException {
        Path file = dir.resolve("new/directory/takhin.log");
        LogOutput.start(json(file, "info"));

        log.info("a \"quoted\"\nsecond line \\ {} \u0001 é", 7, new IllegalStateException("why"));

        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(1);
        assertThat(lines.getFirst())
                .matches(
                        "\\{\"timestamp\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\","
                                + "\"level\":\"INFO\",\"logger\":\"io.takhin.*\",\"thread\":\".*")
                .contains("\"message\":\"a \\\"quoted\\\"\\nsecond line \\\\ 7 \\u0001 é\"")
                .contains("\"error\":\"java.lang.IllegalStateException: why\\n\\tat ")
                .endsWith("\"}");
    }

    // S50
    @Test
    void textHasTimeLevelAndMessage() throws IOException {
        Path file = dir.resolve("takhin.log");
        LogOutput.start(new BrokerConfig.Logging("info", false, Optional.of(file), 1 << 20, 1));

        log.warn("disk {} is slow", "a");

        assertThat(Files.readString(file))
                .matches("\\d{4}-.*Z WARN \\[.*] io\\.takhin.*: disk a is slow\n");
    }

    // Rule 5 of section 18
    @Test
    void theFileIsRotatedAndOldOnesAreBounded() throws IOException {
        Path file = dir.resolve("takhin.log");
        LogOutput.start(new BrokerConfig.Logging("info", false, Optional.of(file), 1024, 2));

        long deadline = System.nanoTime() + 20_000_000_000L;
        while (!Files.exists(dir.resolve("takhin.log.2")) && System.nanoTime() < deadline) {
            log.info("x".repeat(100));
        }
        writeForAWhile();

        try (Stream<Path> files = Files.list(dir)) {
            assertThat(files.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("takhin.log", "takhin.log.1", "takhin.log.2");
        }
    }

    private static void writeForAWhile() {
        long until = System.nanoTime() + 300_000_000L;
        while (System.nanoTime() < until) {
            log.info("x".repeat(100));
        }
    }

    // S52 and KIP-412
    @Test
    void aLevelChangesWhileTheProgramRuns() throws IOException {
        Path file = dir.resolve("takhin.log");
        LogLevels levels = LogOutput.start(json(file, "info"));

        log.debug("not yet");
        levels.set(LogOutputTest.class.getName(), "DEBUG");
        log.debug("now");
        levels.unset(LogOutputTest.class.getName());
        log.debug("no more");

        assertThat(Files.readString(file)).contains("now").doesNotContain("not yet", "no more");
    }

    @Test
    void levelsAreListedUnderKafkasNames() throws IOException {
        LogLevels levels = LogOutput.start(json(dir.resolve("takhin.log"), "info"));

        levels.set(LogLevels.ROOT, "FATAL");

        assertThat(levels.all())
                .containsEntry("root", "ERROR")
                .containsEntry("org.apache.kafka", "WARN");
        assertThat(levels.isLogger("root")).isTrue();
        assertThat(levels.isLogger("no.such.logger")).isFalse();
        assertThat(LogLevels.isLevel("fatal")).isTrue();
        assertThat(LogLevels.isLevel("loud")).isFalse();
    }

    @Test
    void aFileThatCannotBeWrittenIsAnError() throws IOException {
        Path notADirectory = Files.createFile(dir.resolve("file"));

        assertThatThrownBy(() -> LogOutput.start(json(notADirectory.resolve("log"), "info")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("file");
    }

    private static BrokerConfig.Logging json(Path file, String level) {
        return new BrokerConfig.Logging(level, true, Optional.of(file), 1 << 20, 1);
    }
}
