package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.Http;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The storage's gauges follow what happens to the files. */
@TakhinOnly
class StorageMetricsTest {
    private static final Duration WITHIN = Duration.ofSeconds(30);
    private static final int PARTITIONS = 7;

    @TempDir private Path home;

    private final String topic = Fresh.name("measured");
    private TakhinSetup setup;

    @BeforeEach
    void setUp() {
        setup =
                TakhinSetup.in(home)
                        .withEnvironment("TAKHIN_STORAGE_COMPACTION_INTERVAL_MS", "200")
                        .withEnvironment("TAKHIN_STORAGE_LOG_FLUSH_INTERVAL_MS", "3600000");
    }

    // S38
    @Test
    void whatAPowerCutWouldTakeIsCountedUntilItIsOnTheDisk() throws Exception {
        try (TakhinProcess process = setup.start()) {
            JavaClients clients = new JavaClients(process);
            clients.createTopic(topic, 1, "flush.policy", "interval");
            clients.fill(topic, 100);

            assertThat(gauge("takhin_storage_unflushed_bytes")).isGreaterThan(100 * 10);
            assertThat(gauge("takhin_storage_unflushed_logs")).isEqualTo(1);

            alter(clients, "flush.ms", "1");

            await().atMost(WITHIN)
                    .untilAsserted(() -> {
                        assertThat(gauge("takhin_storage_unflushed_bytes")).isZero();
                        assertThat(gauge("takhin_storage_unflushed_logs")).isZero();
                    });
        }
    }

    @Test
    void whatAStartReadsBackIsCounted() throws Exception {
        TakhinProcess killed = setup.start();
        new JavaClients(killed).createTopic(topic, PARTITIONS);
        fillAll(new JavaClients(killed));
        killed.kill();

        try (TakhinProcess again = killed.restart()) {
            assertThat(again.isRunning()).isTrue();
            assertThat(gauge("takhin_storage_recovery_partitions")).isEqualTo(PARTITIONS);
            assertThat(gauge("takhin_storage_recovery_partitions_done")).isEqualTo(PARTITIONS);
        }
    }

    @Test
    void aPartitionThatCannotBeCompactedSaysWhy() throws Exception {
        TakhinProcess before = setup.start();
        JavaClients clients = new JavaClients(before);
        clients.createTopic(topic, 1, "internal.segment.bytes", "2048");
        clients.fill(topic, 1000, "batch.size", "200");
        before.close();
        damage(setup.dataDirectory().resolve(topic + "-0/00000000000000000000.log"));

        try (TakhinProcess again = before.restart()) {
            assertThat(page()).doesNotContain("takhin_topic_compaction_failed_partitions{");
            alter(new JavaClients(again), "cleanup.policy", "compact");

            await().atMost(WITHIN)
                    .untilAsserted(() ->
                            assertThat(page())
                                    .containsPattern(
                                            "takhin_topic_compaction_failed_partitions\\{"
                                                    + "error=\"[^\"]*00000000000000000000[^\"]*\","
                                                    + "topic=\""
                                                    + topic
                                                    + "\"} 1\\.0"));
        }
    }

    private void fillAll(JavaClients clients) throws InterruptedException {
        try (Producer<String, String> producer = clients.producer()) {
            for (int i = 0; i < PARTITIONS; i++) {
                JavaClients.send(producer, new ProducerRecord<>(topic, i, null, "value"));
            }
        }
    }

    /** Flips a bit of a value in the first batch. */
    private static void damage(Path segment) throws IOException {
        assertThat(Files.size(segment)).isGreaterThan(100);
        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
            file.seek(90);
            int was = file.read();
            file.seek(90);
            file.write(was ^ 1);
        }
    }

    private void alter(JavaClients clients, String name, String value) throws Exception {
        var change = new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
        try (Admin admin = clients.admin()) {
            admin.incrementalAlterConfigs(
                            Map.of(
                                    new ConfigResource(ConfigResource.Type.TOPIC, topic),
                                    List.of(change)))
                    .all()
                    .get();
        }
    }

    private double gauge(String name) {
        return lines(name)
                .map(line -> line.substring(name.length()))
                .mapToDouble(Double::parseDouble)
                .findFirst()
                .orElseThrow();
    }

    private Stream<String> lines(String name) {
        return page().lines().filter(line -> line.startsWith(name + " "));
    }

    private String page() {
        return Http.get("http://127.0.0.1:" + setup.metricsPort() + "/metrics").body();
    }
}
