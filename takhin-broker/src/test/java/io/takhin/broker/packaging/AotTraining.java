package io.takhin.broker.packaging;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes the AOT cache of the package: starts the packaged broker in training mode, uses it as its
 * clients do, and stops it; the JVM then writes what it has learned to {@code takhin.aot}.
 */
final class AotTraining {
    private static final Duration READY_MAX = Duration.ofSeconds(30);
    private static final Duration WRITTEN_MAX = Duration.ofMinutes(2);

    private final Path build;
    private final Path scratch;
    private final int kafkaPort = freePort();
    private final int metricsPort = freePort();
    private final int healthPort = freePort();
    private final HttpClient http = HttpClient.newHttpClient();

    private AotTraining(Path build, Path scratch) throws IOException {
        this.build = build;
        this.scratch = scratch;
    }

    public static void main(String[] args) throws Exception {
        Path scratch = Files.createTempDirectory("takhin-training");
        try {
            new AotTraining(Path.of(args[0]), scratch).run();
        } finally {
            delete(scratch);
        }
    }

    private void run() throws Exception {
        Process broker = start();
        try {
            awaitReady(broker);
            TrainingClients.use("127.0.0.1:" + kafkaPort);
            get(metricsPort, "/metrics");
            get(healthPort, "/health");
            broker.destroy();
            if (!broker.waitFor(WRITTEN_MAX)) {
                throw new IllegalStateException("the cache was not written in time");
            }
        } finally {
            broker.destroyForcibly();
        }
        require(Files.exists(cache()), "the broker ended and wrote no cache");
    }

    private Path cache() {
        return build.resolve("takhin.aot");
    }

    private Process start() throws IOException {
        Path config = Files.writeString(scratch.resolve("takhin.yaml"), config());
        ProcessBuilder command =
                new ProcessBuilder(
                        List.of(
                                build.resolve("takhin").toString(),
                                "-config",
                                config.toString(),
                                "-data-dir",
                                scratch.resolve("data").toString(),
                                "-port",
                                Integer.toString(kafkaPort)));
        command.environment().keySet().removeIf(name -> name.startsWith("TAKHIN_"));
        command.environment().put("TAKHIN_JAVA_OPTS", "-XX:AOTCacheOutput=" + cache());
        return command.redirectErrorStream(true)
                .redirectOutput(scratch.resolve("log").toFile())
                .start();
    }

    private String config() {
        return """
        server: {host: 127.0.0.1, port: 9092}
        kafka: {broker: {id: 1}, cluster: {brokers: [1]}, advertised: {host: 127.0.0.1}}
        metrics: {host: 127.0.0.1, port: %d}
        health: {host: 127.0.0.1, port: %d}
        """
                .formatted(metricsPort, healthPort);
    }

    private void awaitReady(Process broker) throws Exception {
        long deadline = System.nanoTime() + READY_MAX.toNanos();
        while (!isReady()) {
            if (!broker.isAlive() || System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "the broker did not become ready:\n"
                                + Files.readString(scratch.resolve("log")));
            }
            broker.waitFor(Duration.ofMillis(100));
        }
    }

    private boolean isReady() throws InterruptedException {
        try {
            return get(healthPort, "/health/ready") == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private int get(int port, String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + port + path);
        HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build();
        return http.send(request, BodyHandlers.discarding()).statusCode();
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
