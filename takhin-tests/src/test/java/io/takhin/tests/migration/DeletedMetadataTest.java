package io.takhin.tests.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.KafkaProcess;
import io.takhin.tests.harness.KafkaSetup;
import io.takhin.tests.harness.KafkaSetup.Voters;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import java.nio.file.Path;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The metadata log begins at the snapshot that a stop of Takhin wrote; what was before it is gone.
 * Apache Kafka opens the directory, and then Takhin.
 */
@TakhinOnly
@Timeout(180)
class DeletedMetadataTest {
    /** So many that a stop writes a snapshot. */
    private static final int PARTITIONS = 300;

    private static final String MANY = "many";
    private static final String SINCE_KAFKA = "since-kafka";
    private static final TopicPartition LIVE = new TopicPartition("live", 0);

    @TempDir private Path home;

    private KafkaSetup kafka;
    private MetadataLogFiles metadata;
    private Observation before;

    @BeforeEach
    void aStopThatWroteASnapshot() throws Exception {
        kafka = KafkaSetup.in(home, Voters.STATIC);
        metadata = new MetadataLogFiles(kafka.dataDirectory());
        TakhinProcess takhin = kafka.asTakhin().start();
        JavaClients clients = new JavaClients(takhin);
        clients.createTopic(MANY, PARTITIONS, "retention.ms", "23456789");
        clients.createTopic(LIVE.topic(), 1);
        send(clients, "takhin");
        before = Observation.of(takhin);
        takhin.stop();
    }

    @Test
    void theSnapshotAloneIsEnough() throws Exception {
        assertThat(metadata.deleteBeforeLatestSnapshot()).isZero();

        takeTurns("takhin", "kafka");
    }

    @Test
    void theSnapshotAndWhatWasWrittenSinceAreEnough() throws Exception {
        TakhinProcess killed = kafka.asTakhin().start();
        new JavaClients(killed).createTopic("since-snapshot", 3);
        send(new JavaClients(killed), "takhin again");
        before = Observation.of(killed);
        killed.kill();
        assertThat(metadata.deleteBeforeLatestSnapshot()).isPositive();

        takeTurns("takhin", "takhin again", "kafka");
    }

    private void takeTurns(String... values) throws Exception {
        long start = metadata.start();
        assertThat(start).isEqualTo(metadata.latestSnapshot()).isPositive();
        Observation atKafka;
        Observation leftByKafka;
        try (KafkaProcess process = kafka.start()) {
            atKafka = Observation.of(process);
            JavaClients clients = new JavaClients(process);
            clients.createTopic(SINCE_KAFKA, 2, "retention.ms", "12345678");
            send(clients, "kafka");
            leftByKafka = Observation.of(process);
        }
        assertThat(metadata.start()).isEqualTo(start);
        try (TakhinProcess takhin = kafka.asTakhin().start()) {
            assertThat(before.lostIn(atKafka)).isEmpty();
            assertThat(leftByKafka.lostIn(Observation.of(takhin))).isEmpty();
            assertThat(new JavaClients(takhin).readAll(LIVE, values.length))
                    .extracting(ConsumerRecord::value)
                    .containsExactly(values);
        }
    }

    private static void send(JavaClients clients, String value) throws InterruptedException {
        try (Producer<String, String> producer = clients.producer("acks", "all")) {
            JavaClients.send(
                    producer, new ProducerRecord<>(LIVE.topic(), LIVE.partition(), null, value));
        }
    }
}
