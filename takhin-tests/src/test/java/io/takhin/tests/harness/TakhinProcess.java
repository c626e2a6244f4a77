package io.takhin.tests.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;

/**
 * The packaged program, running.
 *
 * <p>Threads: one test's.
 */
public final class TakhinProcess implements Broker, AutoCloseable {
    private static final Duration READY_WITHIN = Duration.ofSeconds(30);

    private final TakhinSetup setup;
    private final ServerProcess process;

    private TakhinProcess(TakhinSetup setup, ServerProcess process) {
        this.setup = setup;
        this.process = process;
    }

    static TakhinProcess run(TakhinSetup setup, ProcessBuilder builder) throws IOException {
        return new TakhinProcess(setup, ServerProcess.run(builder, setup.home(), setup.port()));
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
        return process.isRunning();
    }

    /** Everything printed so far, on both streams. */
    public String output() {
        return process.output();
    }

    @Override
    public String recentOutput() {
        return process.recentOutput();
    }

    /** Waits for an answer that names at least this broker. */
    public void awaitReady() {
        process.awaitReady(READY_WITHIN);
    }

    /** SIGTERM, and the exit code it ends with. */
    public int stop() {
        return process.stop();
    }

    /** SIGKILL: the process gets no chance to write anything more. */
    public void kill() {
        process.kill();
    }

    /** A new process of the same setup, once this one has ended. */
    public TakhinProcess restart() {
        assertThat(isRunning()).as("the old process still runs").isFalse();
        return setup.start();
    }

    /** Waits for the process to end by itself. */
    public int awaitExit(Duration within) {
        return process.awaitExit(within);
    }

    /** Ends it for good, kindly where it allows that. */
    @Override
    public void close() {
        process.close();
    }
}
