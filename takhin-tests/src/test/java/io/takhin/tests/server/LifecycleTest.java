package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.KafkaTools;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stopping and starting again on the same directory. */
@TakhinOnly
class LifecycleTest {
    @TempDir private Path home;

    private final String topic = Fresh.name("kept");
    private final TopicPartition partition = new TopicPartition(topic, 0);

    // S21
    @Test
    void aTerminatedBrokerEndsCleanly() {
        TakhinProcess process = TakhinSetup.in(home).start();

        int exitCode = process.stop();

        assertThat(exitCode).isIn(0, 143);
    }

    // S80
    @Test
    void topicsRecordsOffsetsAndSettingsAreThereAfterARestart() throws Exception {
        TakhinProcess process = TakhinSetup.in(home).start();
        fillTopicAndGroup(new JavaClients(process));
        process.stop();

        try (TakhinProcess again = process.restart()) {
            assertEverythingIsThere(again);
        }
    }

    // S80
    @Test
    void topicsRecordsOffsetsAndSettingsAreThereAfterAKill() throws Exception {
        TakhinProcess process = TakhinSetup.in(home).start();
        fillTopicAndGroup(new JavaClients(process));
        process.kill();

        try (TakhinProcess again = process.restart()) {
            assertEverythingIsThere(again);
        }
    }

    // S80, S78
    @Test
    void aProducerGoesOnThroughARestart() throws Exception {
        TakhinProcess process = TakhinSetup.in(home).start();
        JavaClients clients = new JavaClients(process);
        clients.createTopic(topic, 1);

        try (Producer<String, String> producer = clients.producer()) {
            JavaClients.send(producer, new ProducerRecord<>(topic, 0, null, "before"));
            process.stop();
            try (TakhinProcess again = process.restart()) {
                JavaClients.send(producer, new ProducerRecord<>(topic, 0, null, "after"));

                assertThat(new JavaClients(again).readAll(partition, 2))
                        .extracting(ConsumerRecord::value)
                        .containsExactly("before", "after");
            }
        }
    }

    // S80
    @Test
    void aConsumerGroupGoesOnThroughARestart() throws Exception {
        TakhinProcess process = TakhinSetup.in(home).start();
        JavaClients clients = new JavaClients(process);
        clients.fill(topic, 5);

        try (Consumer<String, String> consumer =
                clients.consumer(
                        "group.id", Fresh.name("group"), "auto.offset.reset", "earliest")) {
            consumer.subscribe(List.of(topic));
            assertThat(JavaClients.poll(consumer, 5)).hasSize(5);
            consumer.commitSync();
            process.stop();
            try (TakhinProcess _ = process.restart()) {
                clients.fill(topic, 3);

                assertThat(JavaClients.poll(consumer, 3))
                        .extracting(ConsumerRecord::offset)
                        .containsExactly(5L, 6L, 7L);
            }
        }
    }

    // S94
    @Test
    void aDirectoryOfAnotherNodeIsRefused() {
        TakhinSetup setup = TakhinSetup.in(home);
        setup.start().stop();

        TakhinProcess other =
                setup.withEnvironment("TAKHIN_KAFKA_BROKER_ID", "2")
                        .withEnvironment("TAKHIN_KAFKA_CLUSTER_BROKERS", "2")
                        .launch();

        assertThat(other.awaitExit(Duration.ofSeconds(20))).isNotZero();
        assertThat(other.output()).contains(setup.dataDirectory().toString());
    }

    @Test
    void kafkasDumpToolReadsWhatWasWritten() throws Exception {
        TakhinProcess process = TakhinSetup.in(home).start();
        JavaClients clients = new JavaClients(process);
        clients.fill(topic, 1_000, "compression.type", "zstd");
        process.stop();
        Path log = process.setup().dataDirectory().resolve(partition.toString());

        String dump =
                KafkaTools.dumpLog(
                                "--deep-iteration",
                                "--print-data-log",
                                "--files",
                                log.resolve("00000000000000000000.log").toString())
                        .succeeded()
                        .out();

        assertThat(dump)
                .contains("payload: value-0\n", "payload: value-999\n")
                .contains("isvalid: true")
                .doesNotContain("isvalid: false");
        assertThat(indexDump(log)).isEmpty();
    }

    @Test
    void kafkasDumpToolReadsTheMetadataLog() throws Exception {
        TakhinProcess process = TakhinSetup.in(home).start();
        new JavaClients(process).createTopic(topic, 1);
        process.stop();
        Path log =
                process.setup()
                        .dataDirectory()
                        .resolve("__cluster_metadata-0/00000000000000000000.log");

        String dump =
                KafkaTools.dumpLog("--cluster-metadata-decoder", "--files", log.toString())
                        .succeeded()
                        .out();

        assertThat(dump).contains("TOPIC_RECORD", topic, "REGISTER_BROKER_RECORD");
    }

    /** What the tool finds wrong with the indexes. */
    private static String indexDump(Path log) throws Exception {
        try (var files = Files.list(log)) {
            List<String> indexes =
                    files.map(Path::toString).filter(name -> name.endsWith("index")).toList();
            return KafkaTools.dumpLog("--index-sanity-check", "--files", String.join(",", indexes))
                    .succeeded()
                    .err();
        }
    }

    private void fillTopicAndGroup(JavaClients clients) throws Exception {
        clients.createTopic(topic, 3);
        clients.fill(topic, 100);
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try (Admin admin = clients.admin();
                Consumer<String, String> consumer = clients.consumer("group.id", topic)) {
            AlterConfigOp retention =
                    new AlterConfigOp(
                            new ConfigEntry("retention.ms", "123456"), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(resource, List.of(retention))).all().get();
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(42)));
        }
    }

    private void assertEverythingIsThere(TakhinProcess broker) throws Exception {
        JavaClients clients = new JavaClients(broker);
        assertThat(clients.readAll(partition, 100)).hasSize(100);
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try (Admin admin = clients.admin()) {
            assertThat(
                            admin.describeTopics(List.of(topic))
                                    .allTopicNames()
                                    .get()
                                    .get(topic)
                                    .partitions())
                    .hasSize(3);
            assertThat(
                            admin.describeConfigs(List.of(resource))
                                    .all()
                                    .get()
                                    .get(resource)
                                    .get("retention.ms")
                                    .value())
                    .isEqualTo("123456");
            assertThat(
                            admin.listConsumerGroupOffsets(topic)
                                    .partitionsToOffsetAndMetadata()
                                    .get()
                                    .get(partition)
                                    .offset())
                    .isEqualTo(42);
        }
    }
}
