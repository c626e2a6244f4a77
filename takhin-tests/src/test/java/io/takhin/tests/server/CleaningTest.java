package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.KafkaTools;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Old records are taken out of live topics, as the tools ask for it. */
@TakhinOnly
class CleaningTest {
    private static final Duration WITHIN = Duration.ofSeconds(30);
    private static final int OFFSETS_PARTITIONS = 8;

    @TempDir private Path home;

    private final String topic = Fresh.name("cleaned");
    private final TopicPartition partition = new TopicPartition(topic, 0);
    private TakhinProcess broker;
    private JavaClients clients;
    private KafkaTools tools;

    @BeforeEach
    void start() {
        broker =
                TakhinSetup.in(home)
                        .withEnvironment("TAKHIN_STORAGE_LOG_CLEANUP_INTERVAL_MS", "200")
                        .withEnvironment("TAKHIN_STORAGE_COMPACTION_INTERVAL_MS", "200")
                        .start();
        clients = new JavaClients(broker);
        tools = new KafkaTools(broker);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private void alter(String settings) {
        alter(topic, settings);
    }

    private void alter(String name, String settings) {
        tools.configs(
                        "--alter",
                        "--entity-type",
                        "topics",
                        "--entity-name",
                        name,
                        "--add-config",
                        settings)
                .succeeded();
    }

    private long offset(OffsetSpec spec) throws Exception {
        try (Admin admin = clients.admin()) {
            return admin.listOffsets(Map.of(partition, spec))
                    .partitionResult(partition)
                    .get()
                    .offset();
        }
    }

    private long logBytes(String directory) throws IOException {
        try (Stream<Path> files = Files.list(broker.setup().dataDirectory().resolve(directory))) {
            long bytes = 0;
            for (Path file : files.filter(each -> each.toString().endsWith(".log")).toList()) {
                // Not Files.size: one that goes meanwhile counts as nothing.
                bytes += file.toFile().length();
            }
            return bytes;
        }
    }

    // S36, S37, S81, S82
    @Test
    void retentionBytesFreesSpaceOnALiveTopic() throws Exception {
        clients.createTopic(topic, 1, "internal.segment.bytes", "2048");
        clients.fill(topic, 3000, "batch.size", "200");
        long before = logBytes(topic + "-0");

        alter("retention.bytes=8000");

        await().atMost(WITHIN).until(() -> logBytes(topic + "-0") < 12_000);
        assertThat(before).isGreaterThan(12_000);
        long start = offset(OffsetSpec.earliest());
        assertThat(start).isPositive();
        assertThat(clients.readAll(partition, (int) (3000 - start)))
                .first()
                .satisfies(record -> assertThat(record.offset()).isEqualTo(start));
    }

    // S81
    @Test
    void retentionMsDeletesAlsoWhatNobodyWritesToAnyMore() throws Exception {
        clients.createTopic(topic, 1);
        clients.fill(topic, 100);

        alter("retention.ms=100");

        await().atMost(WITHIN).until(() -> offset(OffsetSpec.earliest()) == 100);
        assertThat(offset(OffsetSpec.latest())).isEqualTo(100);
        clients.fill(topic, 1);
    }

    // S39, S40, S83
    @Test
    void aTopicThatBecomesCompactedKeepsTheLastRecordOfEachKeyThroughACrash() throws Exception {
        clients.createTopic(topic, 1, "internal.segment.bytes", "4096");
        fillKeys(1000, 10);

        alter("cleanup.policy=compact,min.cleanable.dirty.ratio=0.01");

        await().atMost(WITHIN).until(() -> logBytes(topic + "-0") < 20_000);
        Map<String, String> last = lastValues();
        assertThat(last).hasSize(10).containsEntry("key-9", "value-999");
        broker.kill();
        broker = broker.restart();
        clients = new JavaClients(broker);
        assertThat(lastValues()).isEqualTo(last);
        assertThat(offset(OffsetSpec.latest())).isEqualTo(1000);
    }

    // S36, S81, S83
    @Test
    void aPolicyIsSwitchedWhileTheTopicLives() throws Exception {
        clients.createTopic(topic, 1, "internal.segment.bytes", "4096");
        fillKeys(1000, 10);

        alter("cleanup.policy=compact,min.cleanable.dirty.ratio=0.01");
        await().atMost(WITHIN).until(() -> logBytes(topic + "-0") < 20_000);
        // By compaction alone, and nobody can cut off the rest.
        assertThat(offset(OffsetSpec.earliest())).isZero();
        assertThatThrownBy(() -> deleteRecords(500))
                .hasCauseInstanceOf(PolicyViolationException.class);

        alter("cleanup.policy=[compact,delete],retention.ms=3600000");
        deleteRecords(995);
        assertThat(offset(OffsetSpec.earliest())).isEqualTo(995);
        assertThat(lastValues()).hasSize(5).containsEntry("key-9", "value-999");

        alter("cleanup.policy=[],retention.ms=1");
        fillKeys(10, 10);
        assertThat(offset(OffsetSpec.earliest())).isEqualTo(995);
        alter("cleanup.policy=delete");
        await().atMost(WITHIN).until(() -> offset(OffsetSpec.earliest()) == 1010);
    }

    private void deleteRecords(long before) throws Exception {
        try (Admin admin = clients.admin()) {
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(before)))
                    .all()
                    .get();
        }
    }

    private void fillKeys(int records, int keys) throws InterruptedException {
        try (Producer<String, String> producer =
                clients.producer("batch.size", "300", "compression.type", "lz4")) {
            for (int i = 0; i < records - 1; i++) {
                var _ = producer.send(new ProducerRecord<>(topic, "key-" + i % keys, "value-" + i));
            }
            int end = records - 1;
            JavaClients.send(
                    producer, new ProducerRecord<>(topic, "key-" + end % keys, "value-" + end));
        }
    }

    private Map<String, String> lastValues() throws Exception {
        Map<String, String> last = new TreeMap<>();
        try (Consumer<String, String> consumer = clients.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            await().atMost(WITHIN)
                    .until(() -> {
                        consumer.poll(Duration.ofMillis(100))
                                .forEach(record -> last.put(record.key(), record.value()));
                        return consumer.position(partition) >= end;
                    });
        }
        return last;
    }

    @Test
    void theOffsetsOfGroupsAreCompactedAndKept() throws Exception {
        clients.createTopic(topic, 1);
        try (Consumer<String, String> consumer = clients.consumer("group.id", topic)) {
            for (int i = 1; i <= 200; i++) {
                consumer.commitSync(Map.of(partition, new OffsetAndMetadata(i)));
            }
        }
        String described =
                tools.topics("--describe", "--topic", "__consumer_offsets").succeeded().out();
        assertThat(described).contains("cleanup.policy=compact");
        long before = offsetsBytes();

        alter("__consumer_offsets", "max.compaction.lag.ms=1");

        await().atMost(WITHIN).until(() -> offsetsBytes() < before / 10);
        broker.kill();
        broker = broker.restart();
        clients = new JavaClients(broker);
        assertThat(committed(topic)).isEqualTo(new OffsetAndMetadata(200));
    }

    // S67, S80
    @Test
    void aDeletedGroupIsCompactedAwayAndStaysGone() throws Exception {
        clients.createTopic(topic, 1);
        String gone = topic + "-gone";
        String neighbour = groupBeside(gone);
        commit(gone, 5);
        commit(neighbour, 6);
        try (Admin admin = clients.admin()) {
            admin.deleteConsumerGroups(List.of(gone)).all().get();
        }
        assertThat(offsetsDump(gone)).contains(gone, neighbour);

        alter("__consumer_offsets", "max.compaction.lag.ms=1,delete.retention.ms=0");

        // One run notes since when the tombstones can be read, a later one takes them away.
        await().atMost(WITHIN)
                .untilAsserted(() -> {
                    commit(neighbour, 7);
                    assertThat(offsetsDump(gone)).contains(neighbour).doesNotContain(gone);
                });
        broker.kill();
        broker = broker.restart();
        clients = new JavaClients(broker);
        try (Admin admin = clients.admin()) {
            assertThat(admin.listGroups().all().get())
                    .extracting(GroupListing::groupId)
                    .containsExactly(neighbour);
        }
        assertThat(committed(gone)).isNull();
        assertThat(committed(neighbour)).isEqualTo(new OffsetAndMetadata(7));
    }

    private static String groupBeside(String group) {
        return Stream.iterate(0, i -> i + 1)
                .map(i -> "stays-" + i)
                .filter(name -> partitionOf(name) == partitionOf(group))
                .findFirst()
                .orElseThrow();
    }

    private static int partitionOf(String group) {
        return Math.abs(group.hashCode() % OFFSETS_PARTITIONS);
    }

    private void commit(String group, long offset) {
        try (Consumer<String, String> consumer = clients.consumer("group.id", group)) {
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(offset)));
        }
    }

    private OffsetAndMetadata committed(String group) throws Exception {
        try (Admin admin = clients.admin()) {
            return admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get()
                    .get(partition);
        }
    }

    /** What Kafka's tool finds in the partition of the offsets topic that a group belongs to. */
    private String offsetsDump(String group) throws IOException {
        Path log =
                broker.setup().dataDirectory().resolve("__consumer_offsets-" + partitionOf(group));
        try (Stream<Path> files = Files.list(log)) {
            String names =
                    files.map(Path::toString)
                            .filter(name -> name.endsWith(".log"))
                            .collect(Collectors.joining(","));
            return KafkaTools.dumpLog("--offsets-decoder", "--files", names).succeeded().out();
        }
    }

    private long offsetsBytes() throws IOException {
        try (Stream<Path> partitions = Files.list(broker.setup().dataDirectory())) {
            long bytes = 0;
            for (Path each : partitions.toList()) {
                if (each.getFileName().toString().startsWith("__consumer_offsets-")) {
                    bytes += logBytes(each.getFileName().toString());
                }
            }
            return bytes;
        }
    }

    @Test
    void theBrokerSaysWhyRecordsAreStillThere() throws Exception {
        clients.createTopic(topic, 1, "retention.ms", "3600000");
        clients.fill(topic, 10);

        tools.configs(
                        "--alter",
                        "--entity-type",
                        "broker-loggers",
                        "--entity-name",
                        "1",
                        "--add-config",
                        "io.takhin.log.RetentionOutlook=DEBUG")
                .succeeded();

        await().atMost(WITHIN)
                .until(() ->
                        broker.output()
                                .lines()
                                .anyMatch(line ->
                                        line.contains(topic)
                                                && line.contains("would delete segment")
                                                && line.contains("it is the active segment")));
    }
}
