package io.takhin.tests.harness;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * An Apache Kafka broker that is its own controller, running in a process of its own.
 *
 * <p>Threads: one test's.
 */
public final class KafkaProcess implements Broker, AutoCloseable {
    private static final Duration READY_WITHIN = Duration.ofSeconds(60);
    private static final Pattern COMPLAINT = Pattern.compile("^\\[.*?] (WARN|ERROR) .*");

    /** Said at every start. */
    private static final String ACTIVATION = "Performing controller activation";

    private final KafkaSetup setup;
    private final ServerProcess process;

    private KafkaProcess(KafkaSetup setup, ServerProcess process) {
        this.setup = setup;
        this.process = process;
    }

    static KafkaProcess start(KafkaSetup setup, ProcessBuilder builder) throws IOException {
        KafkaProcess started =
                new KafkaProcess(setup, ServerProcess.run(builder, setup.home(), setup.port()));
        started.process.awaitReady(READY_WITHIN);
        return started;
    }

    @Override
    public String bootstrap() {
        return "127.0.0.1:" + setup.port();
    }

    @Override
    public String recentOutput() {
        return process.recentOutput();
    }

    /**
     * What it logged as a warning or worse, with the first line of the exception where one follows.
     */
    public List<String> complaints() {
        List<String> lines = process.output().lines().toList();
        return IntStream.range(0, lines.size())
                .filter(i -> COMPLAINT.matcher(lines.get(i)).matches())
                .filter(i -> !lines.get(i).contains(ACTIVATION))
                .mapToObj(i -> lines.get(i) + " | " + lines.get(Math.min(i + 1, lines.size() - 1)))
                .toList();
    }

    /** SIGTERM: a clean stop. */
    public void stop() {
        process.stop();
    }

    /** SIGKILL. */
    public void kill() {
        process.kill();
    }

    @Override
    public void close() {
        process.close();
    }
}
