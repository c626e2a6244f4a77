package io.takhin.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
    @TempDir Path dir;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Map<String, String> environment = new HashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    @BeforeEach
    void useOnlyFreeLoopbackPorts() {
        environment.put("TAKHIN_METRICS_HOST", "127.0.0.1");
        environment.put("TAKHIN_METRICS_PORT", "0");
        environment.put("TAKHIN_HEALTH_HOST", "127.0.0.1");
        environment.put("TAKHIN_HEALTH_PORT", "0");
        environment.put("TAKHIN_LOGGING_LEVEL", "error");
    }

    // S15
    @Test
    void theVersionIsPrinted() {
        int exitCode = run(_ -> new FakeBroker(), "-version");

        assertThat(exitCode).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("Takhin version v");
    }

    @Test
    void aWrongFlagIsNamed() {
        int exitCode = run(_ -> new FakeBroker(), "-prot", "1");

        assertThat(exitCode).isEqualTo(2);
        assertThat(errors()).isEqualTo("takhin: unknown argument '-prot'; see takhin -help\n");
    }

    // S21: non-zero, so that Restart=on-failure acts
    @Test
    void aBrokerThatCannotGoOnEndsTheProgram() {
        FakeBroker broker = new FakeBroker();
        broker.failed.complete(new IllegalStateException("no disk is left"));

        int exitCode = run(_ -> broker, "-data-dir", dir.toString());

        assertThat(exitCode).isEqualTo(1);
        assertThat(errors()).contains("no disk is left");
        assertThat(closed).isTrue();
    }

    // S177
    @Test
    void aTakenKafkaPortIsNamedWithTheWayOut() {
        BrokerProcess.Starter taken =
                _ -> {
                    throw new BindException("Address already in use");
                };

        int exitCode = run(taken, "-data-dir", dir.toString(), "-port", "9099");

        assertThat(exitCode).isEqualTo(1);
        assertThat(errors())
                .isEqualTo(
                        "takhin: bind: address already in use: 0.0.0.0:9099; choose another port"
                                + " with server.port (TAKHIN_SERVER_PORT)\n");
    }

    // S177
    @Test
    void aTakenMetricsPortIsNamedWithTheWayOut() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            environment.put("TAKHIN_METRICS_PORT", Integer.toString(other.getLocalPort()));

            int exitCode = run(_ -> new FakeBroker(), "-data-dir", dir.toString());

            assertThat(exitCode).isEqualTo(1);
            assertThat(errors())
                    .startsWith("takhin: bind: address already in use: 127.0.0.1:")
                    .contains("metrics.port (TAKHIN_METRICS_PORT)");
        }
    }

    // S178
    @Test
    void anUnusableDataDirectoryIsNamed() throws Exception {
        Path file = Files.createFile(dir.resolve("file"));

        int exitCode = run(_ -> new FakeBroker(), "-data-dir", file.resolve("data").toString());

        assertThat(exitCode).isEqualTo(1);
        assertThat(errors()).contains(file.toString(), "storage.data.dir");
    }

    // S178: root may write everywhere, so the refusal is played
    @Test
    void aRefusedDirectoryIsPermissionDenied() {
        BrokerProcess.Starter refused =
                _ -> {
                    throw new AccessDeniedException("/var/lib/takhin/data/.lock");
                };

        int exitCode = run(refused, "-data-dir", dir.toString());

        assertThat(exitCode).isEqualTo(1);
        assertThat(errors()).contains("permission denied: /var/lib/takhin/data/.lock");
    }

    private int run(BrokerProcess.Starter starter, String... args) {
        return new Main(print(out), print(err), environment, starter).run(List.of(args));
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private String errors() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private final class FakeBroker implements BrokerProcess {
        private final CompletableFuture<Throwable> failed = new CompletableFuture<>();

        @Override
        public CompletableFuture<Throwable> failed() {
            return failed;
        }

        @Override
        public void close() {
            closed.set(true);
        }
    }
}
