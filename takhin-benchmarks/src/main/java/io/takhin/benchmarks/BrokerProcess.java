package io.takhin.benchmarks;

import io.takhin.base.Clock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * A broker on loopback, Takhin or Apache Kafka, and what the system knows of its process (Linux).
 *
 * <p>Threads: one.
 */
final class BrokerProcess implements AutoCloseable {
    private static final int READY_SECONDS_MAX = 120;
    private static final long LOOK_MILLIS = 5;

    private final int port;
    private final long startNanos;
    private final long readyNanos;
    private final ProcessHandle process;

    private BrokerProcess(int port, long startNanos, ProcessHandle process) {
        this.port = port;
        this.startNanos = startNanos;
        this.process = process;
        this.readyNanos = nanosSinceStart();
    }

    /** How a broker is started; returns when clients can be served. */
    @FunctionalInterface
    interface Starter {
        /**
         * Starts it.
         *
         * @param home takes the directory {@code data} and what is printed
         */
        BrokerProcess start(Path home, int port)
                throws IOException, InterruptedException, TimeoutException;
    }

    /**
     * Takhin, ready when it says so; metrics and health listen at the two ports after its own.
     *
     * @param launcher {@code takhin} or {@code build/takhin}
     */
    static Starter takhin(Path launcher) {
        return (home, port) -> {
            Path output = home.resolve("broker.log");
            ProcessBuilder builder =
                    new ProcessBuilder(
                            launcher.toString(),
                            "-data-dir",
                            home.resolve("data").toString(),
                            "-port",
                            Integer.toString(port));
            Map<String, String> settings = builder.environment();
            settings.put("TAKHIN_SERVER_HOST", "127.0.0.1");
            settings.put("TAKHIN_KAFKA_ADVERTISED_HOST", "127.0.0.1");
            settings.put("TAKHIN_METRICS_HOST", "127.0.0.1");
            settings.put("TAKHIN_METRICS_PORT", Integer.toString(port + 1));
            settings.put("TAKHIN_HEALTH_PORT", Integer.toString(port + 2));
            long from = Clock.SYSTEM.nanos();
            Process process =
                    builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
            while (!Files.readString(output).contains("serves clients at")) {
                requireStarting(process.isAlive(), from, output);
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
            return new BrokerProcess(port, from, process.toHandle());
        };
    }

    /**
     * Apache Kafka, ready when it has answered a Metadata request with itself in it.
     *
     * @param script the benchmark kit's {@code start-kafka.sh}: it returns at that moment and
     *     leaves the process id in {@code data.run/pid}
     */
    static Starter kafka(Path script) {
        return (home, port) -> {
            Path output = home.resolve("start.log");
            ProcessBuilder builder =
                    new ProcessBuilder(
                            script.toString(),
                            Integer.toString(port),
                            home.resolve("data").toString());
            builder.environment().put("READY_TIMEOUT", Integer.toString(READY_SECONDS_MAX));
            long from = Clock.SYSTEM.nanos();
            Process starting =
                    builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
            requireStarting(starting.waitFor() == 0, from, output);
            long pid =
                    Long.parseLong(
                            Files.readString(home.resolve("data.run").resolve("pid")).strip());
            return new BrokerProcess(port, from, ProcessHandle.of(pid).orElseThrow());
        };
    }

    private static void requireStarting(boolean running, long from, Path output)
            throws TimeoutException {
        long limit = TimeUnit.SECONDS.toNanos(READY_SECONDS_MAX);
        if (!running || Clock.SYSTEM.nanos() - from > limit) {
            throw new TimeoutException("not ready, see " + output);
        }
    }

    String bootstrap() {
        return "127.0.0.1:" + port;
    }

    long nanosSinceStart() {
        return Clock.SYSTEM.nanos() - startNanos;
    }

    /** From its start until clients could be served. */
    long nanosUntilReady() {
        return readyNanos;
    }

    /** Descriptors of files under the directory. */
    long descriptorsUnder(Path directory) throws IOException {
        Path root = directory.toRealPath();
        try (Stream<Path> all = Files.list(proc("fd"))) {
            return all.filter(link -> target(link).startsWith(root)).count();
        }
    }

    private static Path target(Path link) {
        try {
            return Files.readSymbolicLink(link);
        } catch (IOException e) {
            // Closed since it was listed.
            return Path.of("");
        }
    }

    /** Bytes of objects that are alive after a full collection. */
    long heapBytes() throws IOException, InterruptedException {
        run("GC.run");
        // "   1:   1234   567890  CLASS": rank, instances, bytes. The collector fills gaps with
        // arrays that are no object of anybody's.
        return run("GC.class_histogram")
                .lines()
                .filter(line -> line.matches(" *\\d+: +\\d+.*") && !line.contains("FillerElement"))
                .mapToLong(line -> Long.parseLong(line.strip().split("\\s+", -1)[2]))
                .sum();
    }

    /** What jcmd answers to a command. */
    String run(String... command) throws IOException, InterruptedException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        String pid = Long.toString(process.pid());
        Process asked =
                new ProcessBuilder(Stream.concat(Stream.of(jcmd, pid), Stream.of(command)).toList())
                        .redirectErrorStream(true)
                        .start();
        String answer = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (asked.waitFor() != 0) {
            throw new IOException("jcmd " + List.of(command) + ": " + answer);
        }
        return answer;
    }

    long residentKilobytes() throws IOException {
        return Files.readAllLines(proc("status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    private Path proc(String name) {
        return Path.of("/proc", Long.toString(process.pid()), name);
    }

    /** SIGTERM; returns when it has ended, with the seconds that took. */
    String stop() throws InterruptedException {
        long from = Clock.SYSTEM.nanos();
        process.destroy();
        awaitEnd();
        return seconds(Clock.SYSTEM.nanos() - from);
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        awaitEnd();
    }

    /** It need not be a child of this process. */
    private void awaitEnd() throws InterruptedException {
        while (process.isAlive()) {
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
    }

    static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.2f", nanos / 1e9);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
