package io.takhin.tests.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A client in another language, as {@code .ci/clients} installs it. A test whose client is missing
 * is skipped, unless the environment says {@code TAKHIN_TEST_CLIENTS=required}.
 */
public enum ForeignClient {
    KCAT,
    CONFLUENT_PYTHON,
    KAFKA_PYTHON,
    KAFKA_GO,
    KAFKAJS;

    private static final Duration ENDED_WITHIN = Duration.ofSeconds(55);

    private List<String> command() {
        return switch (this) {
            case KCAT -> List.of("kcat");
            case CONFLUENT_PYTHON -> python("confluent.py");
            case KAFKA_PYTHON -> python("kafkapython.py");
            case KAFKA_GO -> List.of(installed("kafka-go"));
            case KAFKAJS -> List.of("node", source("node/kafkajs.js"));
        };
    }

    private static List<String> python(String program) {
        return List.of(installed("python/bin/python"), source("python/" + program));
    }

    /** Runs it to its end and fails the test if it was not content. */
    public ToolRun run(String... arguments) {
        return runWithInput("", arguments);
    }

    public ToolRun runWithInput(String input, String... arguments) {
        requireInstalled();
        List<String> all = new ArrayList<>(command());
        all.addAll(List.of(arguments));
        try {
            return runProcess(all, input).succeeded();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + this + " ran", e);
        }
    }

    private static ToolRun runProcess(List<String> command, String input)
            throws IOException, InterruptedException {
        Path in = Files.createTempFile("takhin-client-", ".in");
        Path out = Files.createTempFile("takhin-client-", ".out");
        Path err = Files.createTempFile("takhin-client-", ".err");
        try {
            Files.writeString(in, input);
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().put("NODE_PATH", installed("node/node_modules"));
            builder.redirectInput(in.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            Process process = builder.start();
            boolean ended = process.waitFor(ENDED_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            return new ToolRun(
                    String.join(" ", command),
                    ended ? process.exitValue() : -1,
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
        } finally {
            Files.delete(in);
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** Skips the test where the client is missing, or fails it where none may be. */
    public void requireInstalled() {
        boolean present = isOnPath(command().getFirst()) && (this != KAFKAJS || hasNodeModules());
        String missing = this + " is not installed: run .ci/clients";
        if ("required".equals(System.getenv("TAKHIN_TEST_CLIENTS"))) {
            assertThat(present).as(missing).isTrue();
        }
        assumeTrue(present, missing);
    }

    private static boolean hasNodeModules() {
        return Files.isDirectory(Path.of(installed("node/node_modules/kafkajs")));
    }

    private static boolean isOnPath(String program) {
        String folders = System.getenv().getOrDefault("PATH", "");
        return program.contains(File.separator)
                ? Files.isExecutable(Path.of(program))
                : Stream.of(folders.split(File.pathSeparator, -1))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static String installed(String path) {
        return Program.target("takhin-tests", "clients").resolve(path).toString();
    }

    private static String source(String path) {
        return Program.root().resolve("takhin-tests/src/test/clients").resolve(path).toString();
    }
}
