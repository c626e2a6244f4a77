package io.takhin.tests.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The packaged program, running. What it prints is kept in a file; every start of the same setup
 * has its own.
 *
 * <p>Threads: one test's.
 */
public final class TakhinProcess implements Broker, AutoCloseable {
    private static final Duration READY_WITHIN = Duration.ofSeconds(30);
    private static final Duration STOPPED_WITHIN = Duration.ofSeconds(30);
    private static final int TAIL_LINES = 60;

    private final TakhinSetup setup;
    private final Process process;
    private final Path output;

    private TakhinProcess(TakhinSetup setup, Process process, Path output) {
        this.setup = setup;
        this.process = process;
        this.output = output;
    }

    static TakhinProcess run(TakhinSetup setup, ProcessBuilder builder) throws IOException {
        Path output = Files.createTempFile(setup.home(), "output-", ".log");
        builder.redirectErrorStream(true).redirectOutput(output.toFile());
        return new TakhinProcess(setup, builder.start(), output);
    }

    @Override
    public String bootstrap() {
        return "127.0.0.1:" + setup.port();
    }

    public TakhinSetup setup() {
        return setup;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isRunning() {
        return process.isAlive();
    }

    /** Everything printed so far, on both streams. */
    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String recentOutput() {
        return output().lines().toList().reversed().stream()
                .limit(TAIL_LINES)
                .toList()
                .reversed()
                .stream()
                .reduce("", (text, line) -> text + line + "\n");
    }

    /** Waits for an answer that names at least this broker. */
    public void awaitReady() {
        try {
            await().atMost(READY_WITHIN)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> !process.isAlive() || answers());
        } catch (ConditionTimeoutException e) {
            process.destroyForcibly();
            throw new AssertionError("not ready; printed:\n" + recentOutput(), e);
        }
        assertThat(process.isAlive()).as("still running; printed:%n%s", recentOutput()).isTrue();
    }

    private boolean answers() {
        return MetadataProbe.brokers("127.0.0.1", setup.port()) > 0;
    }

    /** SIGTERM, and the exit code it ends with. */
    public int stop() {
        process.destroy();
        return awaitExit(STOPPED_WITHIN);
    }

    /** SIGKILL: the process gets no chance to write anything more. */
    public void kill() {
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(10));
    }

    /** A new process of the same setup, once this one has ended. */
    public TakhinProcess restart() {
        assertThat(process.isAlive()).as("the old process still runs").isFalse();
        return setup.start();
    }

    /** Waits for the process to end by itself. */
    public int awaitExit(Duration within) {
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
    @Override
    public void close() {
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
