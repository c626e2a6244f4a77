package io.takhin.benchmarks;

import io.takhin.base.Clock;
import java.io.IOException;
import java.io.UncheckedIOException;
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
 * The packaged program on loopback, and what the system knows of its process (Linux).
 *
 * <p>Threads: one.
 */
final class BrokerProcess implements AutoCloseable {
    private static final long READY_SECONDS_MAX = 120;
    private static final String READY = "serves clients at";

    private final Process process;
    private final Path output;
    private final int port;
    private final long startNanos = Clock.SYSTEM.nanos();

    /**
     * @param launcher {@code takhin} or {@code build/takhin}
     * @param home takes the data directory and the output; metrics and health listen at the two
     *     ports after {@code port}
     */
    BrokerProcess(Path launcher, Path home, int port) throws IOException {
        this.port = port;
        output = home.resolve("broker.log");
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
        process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    }

    String bootstrap() {
        return "127.0.0.1:" + port;
    }

    long nanosSinceStart() {
        return Clock.SYSTEM.nanos() - startNanos;
    }

    /** Returns once it says that it serves clients. */
    void awaitReady() throws InterruptedException, TimeoutException {
        while (!said().contains(READY)) {
            if (!process.isAlive() || nanosSinceStart() > READY_SECONDS_MAX * 1_000_000_000) {
                throw new TimeoutException("not ready, see " + output);
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private String said() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
                .filter(line -> line.matches(" *\\d+:.*") && !line.contains("FillerElement"))
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
        process.waitFor();
        return seconds(Clock.SYSTEM.nanos() - from);
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.2f", nanos / 1e9);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
