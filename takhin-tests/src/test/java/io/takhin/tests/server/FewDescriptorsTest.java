package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.takhin.tests.harness.Http;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The program where it may have few descriptors, and more clients come than that (ADR 46). */
@TakhinOnly
@EnabledOnOs(OS.LINUX)
class FewDescriptorsTest {
    private static final int LIMIT = 256;

    /** Half of what is left beside the 128 of its own; files have the other half. */
    private static final int CONNECTIONS_MAX = 64;

    private static final int CROWD = 400;
    private static final int CROWD_AT_HTTP = 60;
    private static final int PARTITIONS = 100;
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir private Path home;
    private TakhinProcess broker;
    private JavaClients clients;

    @BeforeEach
    void start() {
        TakhinSetup setup = TakhinSetup.in(home);
        List<String> limited =
                new ArrayList<>(
                        List.of("bash", "-c", "ulimit -n " + LIMIT + " && exec \"$0\" \"$@\""));
        limited.addAll(setup.command());
        broker = setup.launch(limited);
        broker.awaitReady();
        clients = new JavaClients(broker);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @Test
    @Timeout(90)
    void aCrowdIsRefusedAndDoesNoHarm() throws Exception {
        List<SocketChannel> crowd = new ArrayList<>();
        List<SocketChannel> crowdAtHttp = new ArrayList<>();
        try (Admin admin = clients.admin();
                Producer<String, String> producer = clients.producer("retries", "0")) {
            create(admin, "before");
            sendToAll(producer, "before");

            try {
                come(crowd, crowdAtHttp);
                await().atMost(SOON)
                        .until(() ->
                                crowd.stream().filter(FewDescriptorsTest::isClosed).count()
                                        >= CROWD - CONNECTIONS_MAX);
                sendToAll(producer, "before");
                create(admin, "during");
                sendToAll(producer, "during");
                assertThat(descriptors()).isLessThan(LIMIT);
            } finally {
                leave(crowd);
                leave(crowdAtHttp);
            }
        }

        clients.fill("after", 3);
        assertThat(Http.get(healthPage()).statusCode()).isEqualTo(200);
        assertThat(broker.output().lines().filter(line -> line.contains("refuses connections")))
                .singleElement()
                .asString()
                .contains(CONNECTIONS_MAX + " are open", "ulimit -n");
        assertThat(broker.output()).doesNotContain("\"ERROR\"");
        assertThat(broker.stop()).isZero();
    }

    private static void create(Admin admin, String topic) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
    }

    private static void sendToAll(Producer<String, String> producer, String topic)
            throws InterruptedException {
        for (int i = 0; i < PARTITIONS; i++) {
            JavaClients.send(producer, new ProducerRecord<>(topic, i, null, "value"));
        }
    }

    private void come(List<SocketChannel> crowd, List<SocketChannel> crowdAtHttp)
            throws IOException {
        TakhinSetup setup = broker.setup();
        for (int i = 0; i < CROWD_AT_HTTP; i++) {
            crowdAtHttp.add(connect(setup.metricsPort()));
            crowdAtHttp.add(connect(setup.healthPort()));
        }
        for (int i = 0; i < CROWD; i++) {
            crowd.add(connect(setup.port()));
        }
    }

    private static void leave(List<SocketChannel> crowd) throws IOException {
        for (SocketChannel each : crowd) {
            each.close();
        }
    }

    private static SocketChannel connect(int port) throws IOException {
        SocketChannel client =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        client.configureBlocking(false);
        return client;
    }

    private static boolean isClosed(SocketChannel client) {
        try {
            return client.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException _) {
            return true;
        }
    }

    private long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + broker.pid() + "/fd"))) {
            return open.count();
        }
    }

    private String healthPage() {
        return "http://127.0.0.1:" + broker.setup().healthPort() + "/health";
    }
}
