package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.takhin.testkit.Seeded;
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
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker starts, with every record, on a data directory whose checkpoints have rotted. */
@TakhinOnly
class DamagedStartTest {
    private static final Duration WITHIN = Duration.ofSeconds(30);
    private static final String CLEANER_OFFSETS = "cleaner-offset-checkpoint";
    private static final TopicPartition DELETED = new TopicPartition("deleted-from", 0);
    private static final TopicPartition COMPACTED = new TopicPartition("compacted", 0);
    private static final int RECORDS = 200;
    private static final int DELETED_BELOW = 60;
    private static final int KEYS = 5;

    /** What is not checked here: records, indexes, and what belongs to the metadata. */
    private static final List<String> CHECKPOINTS =
            List.of(
                    CLEANER_OFFSETS,
                    "takhin.gap-offset.deleted",
                    "recovery-point-offset-checkpoint",
                    "log-start-offset-checkpoint",
                    ".kafka_cleanshutdown",
                    "leader-epoch-checkpoint",
                    "partition.metadata");

    @TempDir private Path home;
    private TakhinSetup setup;

    @BeforeEach
    void ports() {
        setup =
                TakhinSetup.in(home)
                        .withEnvironment("TAKHIN_STORAGE_COMPACTION_INTERVAL_MS", "200");
    }

    /** Two topics: of one records are deleted, the other one is compacted. */
    private void write(boolean cleanly) throws Exception {
        try (TakhinProcess broker = setup.start()) {
            JavaClients clients = new JavaClients(broker);
            clients.createTopic(DELETED.topic(), 1, "internal.segment.bytes", "4096");
            clients.createTopic(
                    COMPACTED.topic(),
                    1,
                    "internal.segment.bytes",
                    "2048",
                    "cleanup.policy",
                    "compact",
                    "min.cleanable.dirty.ratio",
                    "0.01");
            clients.fill(DELETED.topic(), RECORDS, "batch.size", "200");
            try (Producer<String, String> producer = clients.producer("batch.size", "200")) {
                for (int i = 0; i < RECORDS; i++) {
                    JavaClients.send(
                            producer,
                            new ProducerRecord<>(COMPACTED.topic(), "key-" + i % KEYS, "v" + i));
                }
            }
            try (Admin admin = clients.admin()) {
                admin.deleteRecords(Map.of(DELETED, RecordsToDelete.beforeOffset(DELETED_BELOW)))
                        .all()
                        .get();
            }
            await().atMost(WITHIN).until(() -> says(CLEANER_OFFSETS, COMPACTED.topic()));
            await().atMost(WITHIN)
                    .until(() -> says("log-start-offset-checkpoint", DELETED.topic()));
            if (cleanly) {
                assertThat(broker.stop()).isZero();
            } else {
                broker.kill();
            }
        }
    }

    private boolean says(String checkpoint, String text) throws IOException {
        Path file = setup.dataDirectory().resolve(checkpoint);
        return Files.exists(file) && Files.readString(file).contains(text);
    }

    private List<Path> checkpoints() throws IOException {
        try (Stream<Path> files = Files.walk(setup.dataDirectory())) {
            return files.filter(file -> CHECKPOINTS.contains(file.getFileName().toString()))
                    .filter(file -> !file.toString().contains("__cluster_metadata"))
                    .sorted()
                    .toList();
        }
    }

    /** But for the id: of a log without one and without a recovery point nothing is known. */
    @Test
    void nonsenseInEachCheckpointIsPassedOver() throws Exception {
        write(false);
        for (Path file : checkpoints()) {
            if (!file.endsWith("partition.metadata")) {
                Files.writeString(file, "nonsense");
            }
        }

        startsWithAllRecords("nonsense");
    }

    @Seeded(runs = 3)
    void aFlippedBitInACheckpointIsPassedOver(RandomGenerator random) throws Exception {
        boolean cleanly = random.nextBoolean();
        write(cleanly);
        List<Path> files = checkpoints();
        Path victim = files.get(random.nextInt(files.size()));
        byte[] bytes = Files.readAllBytes(victim);
        int bit = random.nextInt(8 * bytes.length);
        bytes[bit / 8] ^= (byte) (1 << (bit % 8));
        Files.write(victim, bytes);

        startsWithAllRecords(
                "%s, bit %d of %s".formatted(cleanly ? "stopped" : "killed", bit, victim));
    }

    private void startsWithAllRecords(String damage) throws InterruptedException {
        try (TakhinProcess broker = setup.start()) {
            JavaClients clients = new JavaClients(broker);
            Map<Long, String> found = read(clients, DELETED, damage);
            // A start that is not believed brings back what was deleted.
            assertThat(found.keySet())
                    .as(damage)
                    .contains((long) DELETED_BELOW, RECORDS - 1L)
                    .hasSizeGreaterThanOrEqualTo(RECORDS - DELETED_BELOW);
            Map<String, String> last = new TreeMap<>();
            read(clients, COMPACTED, damage)
                    .forEach((_, text) -> last.put(text.substring(0, text.indexOf('=')), text));
            assertThat(last.values())
                    .as(damage)
                    .containsExactly(
                            "key-0=v195", "key-1=v196", "key-2=v197", "key-3=v198", "key-4=v199");
            clients.fill(DELETED.topic(), 1);
        }
    }

    private static Map<Long, String> read(
            JavaClients clients, TopicPartition partition, String damage) {
        Map<Long, String> found = new TreeMap<>();
        try (Consumer<String, String> consumer = clients.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            assertThat(consumer.endOffsets(List.of(partition)))
                    .as(damage)
                    .containsEntry(partition, (long) RECORDS);
            while (consumer.position(partition) < RECORDS) {
                for (ConsumerRecord<String, String> each : consumer.poll(WITHIN)) {
                    found.put(each.offset(), each.key() + "=" + each.value());
                }
            }
        }
        return found;
    }
}
