package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.Seeded;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 while a clean stop writes its snapshot of the metadata, at moments that differ: the next
 * start has everything.
 */
@TakhinOnly
class KilledStopTest {
    private static final int KILLS = 6;

    /** A restart and a stop change each of them: more than enough for a snapshot. */
    private static final int PARTITIONS = 500;

    private static final Duration STOPPED_WITHIN = Duration.ofSeconds(20);
    private static final long WRITING_NANOS = TimeUnit.MILLISECONDS.toNanos(8);

    @TempDir private Path home;

    /** Values that were acknowledged, by partition. */
    private final Map<TopicPartition, String> acknowledged = new HashMap<>();

    /** Kills that came before a snapshot was whole, and before the stop was complete. */
    private int halfWritten;

    private int beforeTheEnd;

    @Seeded(runs = 1)
    @Timeout(150)
    void whatWasThereIsThereAfterAKillWhileTheSnapshotIsWritten(RandomGenerator random)
            throws Exception {
        TakhinProcess process = TakhinSetup.in(home).start();
        JavaClients clients = new JavaClients(process);
        clients.createTopic("many", PARTITIONS);

        for (int i = 0; i < KILLS; i++) {
            clients.createTopic("since-" + i, 1, "retention.ms", Integer.toString(retention(i)));
            send(clients, new TopicPartition("since-" + i, 0), "first of " + i);
            send(clients, new TopicPartition("many", i), "in " + i);
            killWhileItStops(process, random);
            process = process.restart();
            assertThat(process.output()).doesNotContain("\"ERROR\"");
            assertThat(halfSnapshots()).isZero();
        }

        try (TakhinProcess _ = process) {
            assertThat(beforeTheEnd).as("kills before the end of the stop").isPositive();
            assertThat(halfWritten).as("kills with half a snapshot").isPositive();
            assertEverythingIsThere(clients);
        }
    }

    private static int retention(int topic) {
        return 1_000_000 + topic;
    }

    private void send(JavaClients clients, TopicPartition to, String value)
            throws InterruptedException {
        try (Producer<String, String> producer = clients.producer("acks", "all")) {
            JavaClients.send(
                    producer, new ProducerRecord<>(to.topic(), to.partition(), null, value));
        }
        acknowledged.put(to, value);
    }

    private void killWhileItStops(TakhinProcess process, RandomGenerator random)
            throws IOException {
        long giveUp = System.nanoTime() + STOPPED_WITHIN.toNanos();
        assertThat(ProcessHandle.of(process.pid()).orElseThrow().destroy()).isTrue();
        while (halfSnapshots() == 0 && process.isRunning()) {
            assertThat(System.nanoTime()).as("a snapshot is begun").isLessThan(giveUp);
        }
        // From the first byte to beyond the last one.
        long moment = System.nanoTime() + random.nextLong(WRITING_NANOS);
        while (System.nanoTime() < moment) {
            Thread.onSpinWait();
        }
        process.kill();
        halfWritten += halfSnapshots() > 0 ? 1 : 0;
        boolean complete = Files.exists(data().resolve(".kafka_cleanshutdown"));
        beforeTheEnd += complete ? 0 : 1;
    }

    /** Kafka's writer names them so until they are whole. */
    private int halfSnapshots() throws IOException {
        int found = 0;
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(
                        data().resolve("__cluster_metadata-0"), "*.checkpoint.part")) {
            for (Path _ : files) {
                found++;
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
    }

    private Path data() {
        return home.resolve("data");
    }

    private void assertEverythingIsThere(JavaClients clients) throws Exception {
        try (Admin admin = clients.admin()) {
            assertThat(admin.describeTopics(List.of("many")).allTopicNames().get().get("many"))
                    .satisfies(many -> assertThat(many.partitions()).hasSize(PARTITIONS))
                    .satisfies(many ->
                            assertThat(many.partitions())
                                    .allSatisfy(
                                            each -> assertThat(each.leader().id()).isEqualTo(1)));
            for (int i = 0; i < KILLS; i++) {
                ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "since-" + i);
                Config config = admin.describeConfigs(List.of(topic)).all().get().get(topic);
                assertThat(config.get("retention.ms").value())
                        .isEqualTo(Integer.toString(retention(i)));
            }
        }
        acknowledged.forEach((partition, value) ->
                assertThat(clients.readAll(partition, 1))
                        .extracting(ConsumerRecord::value)
                        .containsExactly(value));
    }
}
