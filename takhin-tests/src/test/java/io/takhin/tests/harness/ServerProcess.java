package io.takhin.tests.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A broker in a process of its own, whoever's it is. What it prints is kept in a file; every start
 * has its own.
 *
 * <p>Threads: one test's.
 */
final class ServerProcess {
    private static final Duration STOPPED_WITHIN = Duration.ofSeconds(30);
    private static final int TAIL_LINES = 60;
    private static final Queue<Process> STARTED = new ConcurrentLinkedQueue<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(ServerProcess::endAll));
    }

    private final Process process;
    private final Path output;
    private final int port;

    private ServerProcess(Process process, Path output, int port) {
        this.process = process;
        this.output = output;
        this.port = port;
    }

    /**
     * @param home where the output is kept
     * @param port where it will answer clients
     */
    static ServerProcess run(ProcessBuilder builder, Path home, int port) throws IOException {
        Path output = Files.createTempFile(home, "output-", ".log");
        builder.redirectErrorStream(true).redirectOutput(output.toFile());
        Process process = builder.start();
        STARTED.add(process);
        return new ServerProcess(process, output, port);
    }

    /** What a test that failed has left running goes with the tests' own process. */
    private static void endAll() {
        STARTED.forEach(Process::destroyForcibly);
    }

    long pid() {
        return process.pid();
    }

    boolean isRunning() {
        return process.isAlive();
    }

    /** Everything printed so far, on both streams. */
    String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String recentOutput() {
        List<String> lines = output().lines().toList();
        return String.join(
                        "\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()))
                + "\n";
    }

    /** Waits for an answer that names at least this broker. */
    void awaitReady(Duration within) {
        try {
            await().atMost(within)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() ->
                            !process.isAlive() || MetadataProbe.brokers("127.0.0.1", port) > 0);
        } catch (ConditionTimeoutException e) {
            process.destroyForcibly();
            throw new AssertionError("not ready; printed:\n" + recentOutput(), e);
        }
        assertThat(process.isAlive()).as("still running; printed:%n%s", recentOutput()).isTrue();
    }

    /** SIGTERM, and the exit code it ends with. */
    int stop() {
        process.destroy();
        return awaitExit(STOPPED_WITHIN);
    }

    /** SIGKILL: the process gets no chance to write anything more. */
    void kill() {
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(10));
    }

    /** Waits for the process to end by itself. */
    int awaitExit(Duration within) {
        try {
            boolean ended = process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
            assertThat(ended).as("ended within %s; printed:%n%s", within, recentOutput()).isTrue();
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the process", e);
        }
    }

    /** Ends it for good, kindly where it allows that. */
    void close() {
        if (process.isAlive()) {
            process.destroy();
            try {
                if (!process.waitFor(STOPPED_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException _) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
