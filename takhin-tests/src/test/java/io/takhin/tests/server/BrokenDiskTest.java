package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.takhin.testkit.FailingDisk;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.Http;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.RetriableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program on a disk that breaks under it: the kernel refuses every write and sync. */
@TakhinOnly
class BrokenDiskTest {
    private static final int DISK_MIB = 128;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir private Path home;

    private FailingDisk disk;
    private TakhinProcess broker;
    private JavaClients clients;
    private String topic;

    @BeforeEach
    void start() throws Exception {
        TakhinSetup setup = TakhinSetup.in(home);
        Files.createDirectories(setup.dataDirectory());
        disk = FailingDisk.mount(home.resolve("disk"), setup.dataDirectory(), DISK_MIB);
        broker = setup.start();
        clients = new JavaClients(broker);
        topic = Fresh.name("broken");
        clients.createTopic(topic, 1);
        clients.fill(topic, 100);
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (broker != null) {
            broker.close();
        }
        if (disk != null) {
            disk.unmount();
        }
    }

    // S180
    @Test
    @Timeout(180)
    void aWriteThatFailsTakesTheDirectoryOfflineAndTheProcessLives() throws Exception {
        disk.fail();

        assertThatThrownBy(() -> sendOne("refused")).cause().isInstanceOf(RetriableException.class);

        awaitOffline();
        staysAlive();
        assertThat(broker.output()).contains("restart the broker");
        comesBack();
    }

    @Test
    @Timeout(180)
    void theMetadataLogMeetsTheErrorFirst() throws Exception {
        disk.fail();

        try (Admin admin = clients.admin()) {
            assertThatThrownBy(() -> admin.deleteTopics(List.of(topic)).all().get())
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(KafkaStorageException.class);
        }

        awaitOffline();
        assertThatThrownBy(() -> sendOne("refused")).cause().isInstanceOf(RetriableException.class);
        staysAlive();
        comesBack();
    }

    private void sendOne(String value) throws Exception {
        try (Producer<String, String> producer =
                clients.producer(
                        "delivery.timeout.ms",
                        "3000",
                        "request.timeout.ms",
                        "1500",
                        "linger.ms",
                        "0")) {
            producer.send(new ProducerRecord<>(topic, 0, null, value)).get();
        }
    }

    private void awaitOffline() {
        await().atMost(PATIENCE)
                .untilAsserted(() -> {
                    assertThat(Http.get(health()).statusCode()).isEqualTo(503);
                    assertThat(Http.get(health()).body()).contains("failed");
                    assertThat(metrics()).contains("takhin_storage_directory_online 0.0");
                });
    }

    /** What needs no disk is answered, what needs one is refused at once, and nobody gives up. */
    private void staysAlive() throws Exception {
        try (Admin admin = clients.admin()) {
            await().during(Duration.ofSeconds(10))
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() ->
                            broker.isRunning() && admin.listTopics().names().get().contains(topic));
            assertThat(admin.describeCluster().nodes().get()).hasSize(1);
            assertThat(admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1).values())
                    .singleElement()
                    .satisfies(one ->
                            assertThat(one.error()).isInstanceOf(KafkaStorageException.class));
            assertThatThrownBy(() -> clients.createTopic(Fresh.name("never"), 1))
                    .cause()
                    .isInstanceOf(KafkaStorageException.class);
        }
    }

    private void comesBack() throws Exception {
        assertThat(broker.stop()).isZero();
        disk.repair();
        broker = broker.restart();

        assertThat(clients.readAll(new TopicPartition(topic, 0), 100))
                .hasSizeGreaterThanOrEqualTo(100);
        sendOne("taken");
    }

    private String health() {
        return "http://127.0.0.1:" + broker.setup().healthPort() + "/health/ready";
    }

    private String metrics() {
        return Http.get("http://127.0.0.1:" + broker.setup().metricsPort() + "/metrics").body();
    }
}
