package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;
import static org.awaitility.Awaitility.await;

import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * DescribeLogDirs against the files themselves: segments count, whatever else lies beside them,
 * files that wait for their deletion first of all, does not.
 */
@TakhinOnly
class LogDirsTest {
    private static final Duration WITHIN = Duration.ofSeconds(30);
    private static final String[] IN_MANY_SEGMENTS = {
        "internal.segment.bytes", "2048", "file.delete.delay.ms", "3600000"
    };

    @TempDir private static Path home;

    private static TakhinProcess broker;
    private static JavaClients clients;

    private final String topic = Fresh.name("sized");
    private final TopicPartition partition = new TopicPartition(topic, 0);

    @BeforeAll
    static void start() {
        broker =
                TakhinSetup.in(home)
                        .withEnvironment("TAKHIN_STORAGE_LOG_CLEANUP_INTERVAL_MS", "200")
                        .withEnvironment("TAKHIN_STORAGE_COMPACTION_INTERVAL_MS", "200")
                        .start();
        clients = new JavaClients(broker);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void allSegmentsOfAPartitionCount() throws Exception {
        fillManySegments();

        assertThat(files(".log")).hasSizeGreaterThan(10);
        assertThat(described().replicaInfos().get(partition).size())
                .isPositive()
                .isEqualTo(bytes(".log"));
    }

    @Test
    void anEmptyPartitionHasNoBytes() throws Exception {
        clients.createTopic(topic, 1);

        assertThat(described().replicaInfos().get(partition).size()).isZero();
    }

    @Test
    void whatRetentionTookAwayCountsNoMoreWhileItsFilesAreStillThere() throws Exception {
        fillManySegments();
        long before = bytes(".log");

        alter("retention.bytes", "8000");

        await().atMost(WITHIN).until(() -> bytes(".log") < 12_000);
        assertThat(bytes(".log.deleted")).isGreaterThan(before / 2);
        // The look that took the segments away may still be renaming their files.
        await().atMost(WITHIN).untilAsserted(this::theSizeIsThatOfTheSegments);
    }

    @Test
    void whatDeleteRecordsTookAwayCountsNoMore() throws Exception {
        fillManySegments();

        try (Admin admin = clients.admin()) {
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(2_900))).all().get();
        }

        await().atMost(WITHIN).until(() -> bytes(".log") < 12_000);
        await().atMost(WITHIN).untilAsserted(this::theSizeIsThatOfTheSegments);
    }

    @Test
    void whatCompactionLeavesIsWhatCounts() throws Exception {
        clients.createTopic(topic, 1, IN_MANY_SEGMENTS);
        try (Producer<String, String> producer = clients.producer("batch.size", "200")) {
            for (int i = 0; i < 2_000; i++) {
                var _ = producer.send(new ProducerRecord<>(topic, "key-" + i % 10, "value-" + i));
            }
        }
        long before = bytes(".log");

        alter("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01");

        await().atMost(WITHIN).until(() -> bytes(".log") < before / 4);
        assertThat(bytes(".log.deleted")).isPositive();
        await().atMost(WITHIN).untilAsserted(this::theSizeIsThatOfTheSegments);
    }

    @Test
    void theSizesOfTheDiskAreThoseOfItsFileSystem() throws Exception {
        var disk = Files.getFileStore(broker.setup().dataDirectory());

        LogDirDescription described = described();

        assertThat(described.totalBytes()).hasValue(disk.getTotalSpace());
        // Others write to the disk meanwhile.
        assertThat(described.usableBytes().orElseThrow())
                .isCloseTo(disk.getUsableSpace(), offset(1_000_000_000L));
    }

    private void fillManySegments() throws Exception {
        clients.createTopic(topic, 1, IN_MANY_SEGMENTS);
        clients.fill(topic, 3000, "batch.size", "200");
    }

    private void theSizeIsThatOfTheSegments() throws Exception {
        assertThat(described().replicaInfos().get(partition).size()).isEqualTo(bytes(".log"));
    }

    private static LogDirDescription described() throws Exception {
        try (Admin admin = clients.admin()) {
            return admin.describeLogDirs(Set.of(1))
                    .allDescriptions()
                    .get()
                    .get(1)
                    .get(broker.setup().dataDirectory().toString());
        }
    }

    private void alter(String... settings) throws Exception {
        List<AlterConfigOp> changes =
                Stream.iterate(0, i -> i < settings.length, i -> i + 2)
                        .map(i -> new ConfigEntry(settings[i], settings[i + 1]))
                        .map(entry -> new AlterConfigOp(entry, AlterConfigOp.OpType.SET))
                        .toList();
        try (Admin admin = clients.admin()) {
            admin.incrementalAlterConfigs(
                            Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), changes))
                    .all()
                    .get();
        }
    }

    private List<Path> files(String ending) throws IOException {
        Path directory = broker.setup().dataDirectory().resolve(topic + "-0");
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(ending)).toList();
        }
    }

    private long bytes(String ending) throws IOException {
        // Not Files.size: one that goes meanwhile counts as nothing.
        return files(ending).stream().mapToLong(file -> file.toFile().length()).sum();
    }
}
