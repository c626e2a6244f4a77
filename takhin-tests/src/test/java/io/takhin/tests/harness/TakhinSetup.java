package io.takhin.tests.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a {@link TakhinProcess} is to be started: its ports, data directory, environment and flags.
 * Immutable; every {@code with} gives a new one, so that one setup can start the same node again.
 *
 * @param home holds the data directory and the output of the process
 */
public record TakhinSetup(
        Path home,
        int port,
        int metricsPort,
        int healthPort,
        Map<String, String> environment,
        List<String> flags) {

    /** A single broker with the shipped configuration on ports of its own. */
    public static TakhinSetup in(Path home) {
        return new TakhinSetup(
                home, FreePorts.one(), FreePorts.one(), FreePorts.one(), Map.of(), List.of());
    }

    /** Adds or replaces one environment variable. */
    public TakhinSetup withEnvironment(String name, String value) {
        Map<String, String> more = new TreeMap<>(environment);
        more.put(name, value);
        return new TakhinSetup(home, port, metricsPort, healthPort, Map.copyOf(more), flags);
    }

    /** Adds flags after those every start gets. */
    public TakhinSetup withFlags(String... added) {
        List<String> more = new ArrayList<>(flags);
        more.addAll(List.of(added));
        return new TakhinSetup(home, port, metricsPort, healthPort, environment, List.copyOf(more));
    }

    /** The same node in another directory, or on another Kafka port. */
    public TakhinSetup moved(Path otherHome, int otherPort) {
        return new TakhinSetup(otherHome, otherPort, metricsPort, healthPort, environment, flags);
    }

    public Path dataDirectory() {
        return home.resolve("data");
    }

    /** Starts it and waits until clients can use it. */
    public TakhinProcess start() {
        TakhinProcess process = launch();
        process.awaitReady();
        return process;
    }

    /** Starts it and waits for nothing: for starts that are to fail, or that wait for others. */
    public TakhinProcess launch() {
        return launch(command());
    }

    /** The launcher, with the shipped configuration and this setup's flags. */
    public List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Program.launcher().toString());
        command.addAll(List.of("-config", Program.shippedConfig().toString()));
        command.addAll(List.of("-data-dir", dataDirectory().toString()));
        command.addAll(List.of("-port", Integer.toString(port)));
        command.addAll(flags);
        return command;
    }

    /** Starts the launcher with exactly these arguments, in this setup's environment. */
    public TakhinProcess launchWith(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Program.launcher().toString());
        command.addAll(List.of(arguments));
        return launch(command);
    }

    /** Runs a command of the caller's that ends in the launcher. */
    public TakhinProcess launch(List<String> command) {
        try {
            Files.createDirectories(home);
            ProcessBuilder builder = new ProcessBuilder(command).directory(home.toFile());
            Map<String, String> variables = builder.environment();
            variables.keySet().removeIf(TakhinSetup::isForTheBroker);
            variables.put("TAKHIN_METRICS_PORT", Integer.toString(metricsPort));
            variables.put("TAKHIN_HEALTH_PORT", Integer.toString(healthPort));
            variables.put("TAKHIN_KAFKA_ADVERTISED_HOST", "127.0.0.1");
            variables.put("TAKHIN_SERVER_HOST", "127.0.0.1");
            variables.put("TAKHIN_METRICS_HOST", "127.0.0.1");
            variables.putAll(environment);
            return TakhinProcess.run(this, builder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is meant for these tests must not be read as the broker's configuration. */
    private static boolean isForTheBroker(String variable) {
        return variable.startsWith("TAKHIN_") && !variable.equals("TAKHIN_JAVA_HOME");
    }
}
