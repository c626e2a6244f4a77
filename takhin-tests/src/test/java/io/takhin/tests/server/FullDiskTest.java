package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.takhin.testkit.SmallDisk;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.Http;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program on a disk of 512 MiB, of which 64 MiB are kept in reserve. */
@TakhinOnly
class FullDiskTest {
    private static final int DISK_MIB = 512;
    private static final long RESERVE = 64L << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir private Path home;

    private SmallDisk disk;
    private TakhinProcess broker;
    private JavaClients clients;
    private String topic;
    private TopicPartition partition;

    @BeforeEach
    void start() throws Exception {
        TakhinSetup setup =
                TakhinSetup.in(home)
                        .withEnvironment("TAKHIN_STORAGE_DISK_RESERVE_BYTES", "" + RESERVE)
                        .withEnvironment("TAKHIN_STORAGE_DISK_RESERVE_PERCENT", "50");
        Files.createDirectories(setup.dataDirectory());
        disk = SmallDisk.mount(setup.dataDirectory(), DISK_MIB);
        broker = setup.start();
        clients = new JavaClients(broker);
        topic = Fresh.name("full");
        partition = new TopicPartition(topic, 0);
        clients.createTopic(topic, 1, "file.delete.delay.ms", "0", "segment.bytes", "16777216");
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

    // S179
    @Test
    @Timeout(120)
    void aBrokerOnAFullDiskIsReadOnlyUntilThereIsSpace() throws Exception {
        clients.fill(topic, 100);
        disk.fillUpTo(RESERVE / 2);
        awaitHealth("read-only");

        try (Producer<String, String> producer =
                clients.producer(
                        "delivery.timeout.ms",
                        "2000",
                        "request.timeout.ms",
                        "1000",
                        "linger.ms",
                        "0")) {
            assertThatThrownBy(() -> producer.send(new ProducerRecord<>(topic, "refused")).get())
                    .cause()
                    .isInstanceOf(RetriableException.class);
            assertThat(clients.readAll(partition, 100)).hasSize(100);
            othersAreServed();
            assertThat(metrics()).contains("takhin_storage_read_only 1.0");
            assertThat(broker.output()).contains("delete topics or records");

            disk.empty();
            awaitHealth("ready");

            producer.send(new ProducerRecord<>(topic, "taken")).get();
            assertThat(clients.readAll(partition, 1))
                    .last()
                    .satisfies(record -> assertThat(record.offset()).isGreaterThanOrEqualTo(50));
        }
    }

    /** What frees space, and what consumers need to go on. */
    private void othersAreServed() throws Exception {
        try (Admin admin = clients.admin();
                Consumer<String, String> consumer = clients.consumer("group.id", "g")) {
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(7)));
            assertThat(consumer.committed(java.util.Set.of(partition)).get(partition).offset())
                    .isEqualTo(7);
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(50))).all().get();
            String other = Fresh.name("other");
            clients.createTopic(other, 1);
            admin.deleteTopics(List.of(other)).all().get();
        }
    }

    // S179
    @Test
    @Timeout(120)
    void aFastWriterStopsBeforeTheReserveAndDeletedRecordsMakeSpace() throws Exception {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (Producer<byte[], byte[]> producer =
                clients.bytesProducer(
                        "delivery.timeout.ms",
                        "3000",
                        "request.timeout.ms",
                        "1000",
                        "batch.size",
                        "500000")) {
            byte[] value = new byte[100_000];
            for (int i = 0; i < 6000; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, value)));
            }
            producer.flush();
        }

        assertThat(Files.getFileStore(disk.root()).getUsableSpace()).isGreaterThan(RESERVE / 2);
        awaitHealth("read-only");
        long end = endOffset();
        assertThat(end)
                .isGreaterThanOrEqualTo(
                        sent.stream().filter(send -> send.state() == Future.State.SUCCESS).count());
        try (Admin admin = clients.admin()) {
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(end))).all().get();
        }
        awaitHealth("ready");
        clients.fill(topic, 10);
    }

    private long endOffset() {
        try (Consumer<String, String> consumer = clients.consumer()) {
            return consumer.endOffsets(List.of(partition)).get(partition);
        }
    }

    private void awaitHealth(String status) {
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(Http.get(health()).body())
                                .contains("\"status\":\"" + status + "\""));
    }

    private String health() {
        return "http://127.0.0.1:" + broker.setup().healthPort() + "/health/ready";
    }

    private String metrics() {
        return Http.get("http://127.0.0.1:" + broker.setup().metricsPort() + "/metrics").body();
    }
}
