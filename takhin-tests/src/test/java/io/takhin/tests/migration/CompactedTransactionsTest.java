package io.takhin.tests.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.KafkaProcess;
import io.takhin.tests.harness.KafkaSetup;
import io.takhin.tests.harness.KafkaSetup.Voters;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transactions that Apache Kafka wrote are compacted by Takhin, and Kafka serves what is left. */
@TakhinOnly
class CompactedTransactionsTest {
    private static final String LEDGER = "ledger";
    private static final TopicPartition PARTITION = new TopicPartition(LEDGER, 0);
    private static final int KEYS = 10;
    private static final int ROUNDS = 4;
    private static final String LAST = "committed-" + (ROUNDS - 1);

    @TempDir private Path home;

    // S39, S83
    @Test
    @Timeout(120)
    void areTheSameInKafkaAfterwards() throws Exception {
        KafkaSetup kafka = KafkaSetup.in(home, Voters.STATIC).format("kafkafilesTestClusterA");
        fill(kafka);

        TakhinSetup setup =
                kafka.asTakhin().withEnvironment("TAKHIN_STORAGE_COMPACTION_INTERVAL_MS", "200");
        Observation atTakhin;
        try (TakhinProcess takhin = setup.start()) {
            compact(takhin);
            assertThat(values(takhin, "read_committed")).endsWith(last());
            assertThat(values(takhin, "read_uncommitted"))
                    .filteredOn(value -> value.startsWith("aborted"))
                    .isEmpty();
            atTakhin = Observation.of(takhin);
        }
        Dump dump = Dump.of(kafka.dataDirectory());

        assertThat(dump.complaints()).isEmpty();
        try (KafkaProcess process = kafka.start()) {
            Observation atKafka = Observation.of(process);
            assertThat(atTakhin.lostIn(atKafka)).isEmpty();
            assertThat(atKafka.only("read_").facts()).isEqualTo(atTakhin.only("read_").facts());
            assertThat(values(process, "read_committed")).endsWith(last());
            assertThat(process.complaints()).isEmpty();
        }
    }

    private static void fill(KafkaSetup kafka) throws Exception {
        try (KafkaProcess process = kafka.start()) {
            JavaClients clients = new JavaClients(process);
            // Every transaction gets a segment, and so does its end.
            clients.createTopic(LEDGER, 1, "segment.ms", "1", "retention.ms", "-1");
            try (Producer<String, String> producer =
                    clients.producer("transactional.id", "ledger", "compression.type", "lz4")) {
                producer.initTransactions();
                for (int round = 0; round < ROUNDS; round++) {
                    begin(producer, "aborted-" + round);
                    // Nothing later has this key: only that it was rolled back takes it away.
                    send(producer, "never-" + round, "aborted");
                    producer.flush();
                    producer.abortTransaction();
                    begin(producer, "committed-" + round);
                    producer.commitTransaction();
                }
                // Closes the last of them.
                begin(producer, LAST);
                producer.commitTransaction();
            }
            process.stop();
        }
    }

    private static void begin(Producer<String, String> producer, String value) {
        producer.beginTransaction();
        for (int key = 0; key < KEYS; key++) {
            send(producer, "key-" + key, value);
        }
        producer.flush();
    }

    private static void send(Producer<String, String> producer, String key, String value) {
        var _ = producer.send(new ProducerRecord<>(LEDGER, 0, key, value));
    }

    private static void compact(TakhinProcess takhin) throws Exception {
        Contents settings = new Contents(takhin);
        settings.set(ConfigResource.Type.TOPIC, LEDGER, "min.cleanable.dirty.ratio", "0.01");
        settings.set(ConfigResource.Type.TOPIC, LEDGER, "cleanup.policy", "compact");
        await("compaction")
                .atMost(Duration.ofSeconds(30))
                .until(() -> values(takhin, "read_committed").size() <= 2 * KEYS);
    }

    private static String[] last() {
        return Collections.nCopies(KEYS, LAST).toArray(String[]::new);
    }

    private static List<String> values(Broker broker, String isolation) {
        JavaClients clients = new JavaClients(broker);
        List<ConsumerRecord<String, String>> read = new ArrayList<>();
        try (Consumer<String, String> consumer = clients.consumer("isolation.level", isolation)) {
            consumer.assign(List.of(PARTITION));
            consumer.seekToBeginning(List.of(PARTITION));
            long end = consumer.endOffsets(List.of(PARTITION)).get(PARTITION);
            await().until(() -> {
                consumer.poll(Duration.ofMillis(50)).forEach(read::add);
                return consumer.position(PARTITION) >= end;
            });
        }
        return read.stream().map(ConsumerRecord::value).toList();
    }
}
