package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.takhin.testkit.SmallDisk;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.RetriableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged program on a disk on which another program leaves not one block. */
@TakhinOnly
class NoSpaceLeftTest {
    private static final int DISK_MIB = 512;
    private static final int RECORDS = 100;
    private static final long BALLAST = 8L << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir private Path home;

    private SmallDisk disk;
    private TakhinProcess broker;
    private JavaClients clients;

    @AfterEach
    void stop() throws InterruptedException {
        if (broker != null) {
            broker.close();
        }
        if (disk != null) {
            disk.unmount();
        }
    }

    private void start(long reserve) throws Exception {
        TakhinSetup setup =
                TakhinSetup.in(home)
                        .withEnvironment("TAKHIN_STORAGE_DISK_RESERVE_BYTES", "" + reserve)
                        .withEnvironment("TAKHIN_STORAGE_DISK_RESERVE_PERCENT", "50");
        Files.createDirectories(setup.dataDirectory());
        disk = SmallDisk.mount(setup.dataDirectory(), DISK_MIB);
        broker = setup.start();
        clients = new JavaClients(broker);
        awaitBallast();
    }

    private void awaitBallast() {
        await().atMost(PATIENCE)
                .until(() -> Files.exists(ballast()) && Files.size(ballast()) == BALLAST);
    }

    private Path ballast() {
        return broker.setup().dataDirectory().resolve("takhin.ballast");
    }

    // S179
    @ParameterizedTest
    @ValueSource(longs = {0, 64L << 20})
    @Timeout(180)
    void whatFreesSpaceIsDoneOnAFullDiskAndAllElseComesBackByItself(long reserve) throws Exception {
        start(reserve);
        String kept = Fresh.name("kept");
        String doomed = Fresh.name("doomed");
        clients.createTopic(kept, 1, "file.delete.delay.ms", "0");
        clients.createTopic(doomed, 3);
        clients.fill(kept, RECORDS);
        clients.fill(doomed, RECORDS);
        TopicPartition partition = new TopicPartition(kept, 0);
        commit(partition, 7);

        disk.fillUpTo(0);

        refuses(kept);
        boolean isCommitted = commits(partition, 8);
        assertThat(clients.readAll(partition, RECORDS)).hasSize(RECORDS);
        try (Admin admin = clients.admin()) {
            fillMoreThanAPageOfTheMetadataLog(admin, kept);
            assertThat(Files.size(ballast())).isLessThan(BALLAST);
            clients.createTopic(Fresh.name("small"), 1);
            admin.deleteTopics(List.of(doomed)).all().get();
            assertThat(admin.listTopics().names().get()).contains(kept).doesNotContain(doomed);
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(10))).all().get();
        }
        assertThat(broker.isRunning()).isTrue();

        broker.kill();
        disk.fillUpTo(0);
        broker = broker.restart();

        try (Admin admin = clients.admin()) {
            assertThat(admin.listTopics().names().get()).contains(kept).doesNotContain(doomed);
        }
        // What was refused may have been written before its place was found to be missing.
        assertThat(committed(partition)).isBetween(isCommitted ? 8L : 7L, 8L);
        refuses(kept);

        disk.empty();
        allElseComesBack(partition);
        assertThat(broker.stop()).isZero();
    }

    private void allElseComesBack(TopicPartition partition) throws Exception {
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() ->
                        clients.fill(
                                partition.topic(),
                                1,
                                "delivery.timeout.ms",
                                "2000",
                                "request.timeout.ms",
                                "1000",
                                "linger.ms",
                                "0"));
        clients.createTopic(Fresh.name("new"), 1);
        commit(partition, 9);
        assertThat(committed(partition)).isEqualTo(9);
        assertThat(clients.readAll(partition, RECORDS - 10 + 1))
                .extracting(record -> record.value())
                .contains("value-" + (RECORDS - 1), "value-0");
        awaitBallast();
    }

    @Test
    @Timeout(180)
    void withoutBallastChangesAreRefusedUntilThereIsSpace() throws Exception {
        start(0);
        String topic = Fresh.name("kept");
        clients.createTopic(topic, 1);
        clients.fill(topic, RECORDS);
        disk.fillUpTo(0);
        Files.delete(ballast());
        disk.fillUpTo(0);

        try (Admin admin = clients.admin()) {
            assertThatThrownBy(() -> fillMoreThanAPageOfTheMetadataLog(admin, topic))
                    .cause()
                    .isInstanceOf(KafkaStorageException.class);
            assertThat(admin.listTopics().names().get()).contains(topic);
        }
        assertThat(clients.readAll(new TopicPartition(topic, 0), RECORDS)).hasSize(RECORDS);
        disk.empty();
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> clients.createTopic(Fresh.name("new"), 1));
        clients.fill(topic, 1);

        awaitBallast();
        disk.fillUpTo(0);
        Files.delete(ballast());
        disk.fillUpTo(0);
        assertThat(broker.stop()).isZero();
        disk.empty();
        broker = broker.restart();
        assertThat(clients.readAll(new TopicPartition(topic, 0), RECORDS + 1)).hasSize(RECORDS + 1);
    }

    private static void fillMoreThanAPageOfTheMetadataLog(Admin admin, String topic)
            throws Exception {
        ConfigResource named = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        for (int i = 0; i < 100; i++) {
            ConfigEntry value = new ConfigEntry("retention.ms", Integer.toString(100_000_000 + i));
            AlterConfigOp set = new AlterConfigOp(value, AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(named, List.of(set))).all().get();
        }
    }

    /** So much that it fits nowhere, not even in what is left of a page. */
    private void refuses(String topic) {
        try (Producer<byte[], byte[]> producer =
                clients.bytesProducer(
                        "delivery.timeout.ms",
                        "2000",
                        "request.timeout.ms",
                        "1000",
                        "linger.ms",
                        "0")) {
            byte[] value = new byte[500_000];
            assertThatThrownBy(
                            () -> {
                                for (int i = 0; i < 20; i++) {
                                    producer.send(new ProducerRecord<>(topic, 0, null, value))
                                            .get();
                                }
                            })
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(RetriableException.class);
        }
        assertThat(broker.isRunning()).isTrue();
    }

    private void commit(TopicPartition partition, long offset) {
        try (Consumer<String, String> consumer = clients.consumer("group.id", "g")) {
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(offset)));
        }
    }

    /** False when it is refused for as long as the client tries; another error is a failure. */
    private boolean commits(TopicPartition partition, long offset) {
        try (Consumer<String, String> consumer =
                clients.consumer(
                        "group.id",
                        "g",
                        "default.api.timeout.ms",
                        "3000",
                        "request.timeout.ms",
                        "1000")) {
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(offset)));
            return true;
        } catch (RetriableException e) {
            return false;
        }
    }

    private long committed(TopicPartition partition) {
        try (Consumer<String, String> consumer = clients.consumer("group.id", "g")) {
            return consumer.committed(Set.of(partition)).get(partition).offset();
        }
    }
}
