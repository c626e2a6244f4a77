package io.takhin.tests.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.KafkaProcess;
import io.takhin.tests.harness.KafkaSetup;
import io.takhin.tests.harness.KafkaSetup.Voters;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Apache Kafka continues what Takhin began, and Takhin what Kafka continued. One journey, made
 * once: Takhin is filled and killed, starts again and stops cleanly; Kafka works on what it left;
 * then Takhin again. A copy of what the kill left goes to Kafka as it is.
 */
@TakhinOnly
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TakhinToKafkaTest {
    private static final String LIVE = "live";
    private static final String SINCE_KAFKA = "since-kafka";

    /** So many partitions that stops write snapshots of the metadata. */
    private static final int MANY = 200;

    private Path home;
    private Observation whenKilled;
    private Observation atTakhin;
    private Observation atKafka;
    private Observation leftByKafka;
    private Observation backAtTakhin;
    private Observation killedAtKafka;
    private List<String> live;
    private List<String> complaints;
    private List<String> complaintsAfterKill;
    private Dump dump;
    private List<Path> snapshots;

    @BeforeAll
    @Timeout(240)
    void takeTurns(@TempDir Path folder) throws Exception {
        home = folder;
        KafkaSetup kafka = KafkaSetup.in(home.resolve("one"), Voters.STATIC);
        TakhinProcess first = kafka.asTakhin().start();
        JavaClients clients = new JavaClients(first);
        clients.createTopic(LIVE, 1);
        try (Producer<String, String> producer = clients.producer()) {
            fill(kafka, first, producer);
            continueOnKafka(kafka, producer);
            goBack(kafka, producer);
        }
        continueAfterKill(kafka);
    }

    private void fill(KafkaSetup kafka, TakhinProcess first, Producer<String, String> producer)
            throws Exception {
        new Contents(first).write();
        new JavaClients(first).createTopic("many", MANY, "retention.ms", "23456789");
        send(producer, "takhin");
        Contents.awaitTrimmed(kafka.dataDirectory());
        whenKilled = Observation.of(first);
        first.kill();
        Folders.copy(kafka.dataDirectory(), home.resolve("killed/data"));
        TakhinProcess second = first.restart();
        send(producer, "takhin again");
        atTakhin = Observation.of(second);
        second.stop();
        snapshots =
                Folders.files(kafka.dataDirectory().resolve("__cluster_metadata-0"), ".checkpoint");
        dump = Dump.of(kafka.dataDirectory());
    }

    private void continueOnKafka(KafkaSetup kafka, Producer<String, String> producer)
            throws Exception {
        try (KafkaProcess process = kafka.start()) {
            atKafka = Observation.of(process);
            complaints = process.complaints();
            send(producer, "kafka");
            new JavaClients(process).createTopic(SINCE_KAFKA, 2, "retention.ms", "12345678");
            new JavaClients(process).fill(SINCE_KAFKA, 5);
            leftByKafka = Observation.of(process);
        }
    }

    private void goBack(KafkaSetup kafka, Producer<String, String> producer) throws Exception {
        try (TakhinProcess third = kafka.asTakhin().start()) {
            backAtTakhin = Observation.of(third);
            send(producer, "takhin at last");
            live =
                    new JavaClients(third)
                            .readAll(new TopicPartition(LIVE, 0), 4).stream()
                                    .map(ConsumerRecord::value)
                                    .toList();
        }
    }

    private void continueAfterKill(KafkaSetup kafka) throws Exception {
        try (KafkaProcess process = kafka.moved(home.resolve("killed")).start()) {
            killedAtKafka = Observation.of(process);
            complaintsAfterKill = process.complaints();
        }
    }

    private static void send(Producer<String, String> producer, String value)
            throws InterruptedException {
        JavaClients.send(producer, new ProducerRecord<>(LIVE, 0, null, value));
    }

    @Test
    void kafkaShowsWhatTakhinShowed() {
        assertThat(atTakhin.lostIn(atKafka)).isEmpty();
        assertThat(atKafka.lostIn(atTakhin)).isEmpty();
    }

    @Test
    void kafkaBeganWithTheSnapshotOfTakhinsStop() {
        assertThat(snapshots).isNotEmpty();
        assertThat(atKafka.get("topic many")).contains(MANY + " partitions");
        assertThat(atKafka.get("setting TOPIC many retention.ms")).isEqualTo("23456789");
    }

    @Test
    void theStartThatDeleteRecordsMovedIsKept() {
        String start = "start " + Contents.TRIMMED + "-0";
        assertThat(atTakhin.get(start)).isEqualTo("5");
        assertThat(atKafka.get(start)).isEqualTo("5");
        assertThat(backAtTakhin.get(start)).isEqualTo("5");
        assertThat(killedAtKafka.get(start)).isEqualTo("5");
    }

    @Test
    void everyReplicaLeadsAndIsInSyncAfterACleanStopAndAfterAKill() {
        assertThat(atTakhin.only("replicas ").facts().values()).containsOnly(Contents.LED);
        assertThat(atKafka.only("replicas ").facts().values()).containsOnly(Contents.LED);
        assertThat(backAtTakhin.only("replicas ").facts().values()).containsOnly(Contents.LED);
    }

    @Test
    void takhinShowsWhatKafkaLeft() {
        assertThat(leftByKafka.lostIn(backAtTakhin)).isEmpty();
        assertThat(backAtTakhin.get("setting TOPIC since-kafka retention.ms"))
                .isEqualTo("12345678");
    }

    @Test
    void kafkaShowsWhatAKilledTakhinLeft() {
        assertThat(whenKilled.lostIn(killedAtKafka)).isEmpty();
        assertThat(killedAtKafka.lostIn(whenKilled)).isEmpty();
    }

    @Test
    void anIdempotentProducerGoesOnThroughAllOfThem() {
        assertThat(live).containsExactly("takhin", "takhin again", "kafka", "takhin at last");
    }

    @Test
    void kafkasDumpToolReadsEveryKindOfFileThatTakhinWrites() {
        assertThat(dump.complaints()).isEmpty();
        assertThat(dump.kinds())
                .contains(".log", ".index", ".timeindex", ".snapshot", ".checkpoint");
    }

    @Test
    void kafkaFindsNothingToComplainAbout() {
        assertThat(complaints).isEmpty();
        // Young indexes are in memory; Kafka makes them anew, as after its own crash.
        assertThat(complaintsAfterKill)
                .allMatch(line -> line.contains("Could not find offset index file"));
    }
}
