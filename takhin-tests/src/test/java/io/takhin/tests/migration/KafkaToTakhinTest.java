package io.takhin.tests.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.KafkaProcess;
import io.takhin.tests.harness.KafkaSetup;
import io.takhin.tests.harness.KafkaSetup.Voters;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
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
 * Takhin continues what Apache Kafka wrote, and Kafka what Takhin continued. One journey, made
 * once: Kafka is filled and killed, starts again and stops cleanly; Takhin works on what it left;
 * then Kafka again. A copy of what the kill left goes the same way, by kill -9 alone.
 */
@TakhinOnly
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KafkaToTakhinTest {
    private static final String LIVE = "live";

    private Path home;
    private Observation atKafka;
    private Observation atTakhin;
    private Observation backAtKafka;
    private SortedMap<String, String> usersBefore;
    private SortedMap<String, String> usersAfter;
    private String takhinOutput;
    private List<String> complaints;
    private Dump dump;
    private Dump dumpAfterKill;
    private List<String> live;
    private Observation afterTheEnd;
    private Observation whenKilled;
    private Observation killedAtTakhin;
    private Observation killedBackAtKafka;

    @BeforeAll
    @Timeout(240)
    void takeTurns(@TempDir Path folder) throws Exception {
        home = folder;
        KafkaSetup kafka =
                KafkaSetup.in(home.resolve("one"), Voters.STATIC).format("kafkafilesTestClusterA");
        KafkaProcess first = kafka.start();
        JavaClients clients = new JavaClients(first);
        clients.createTopic(LIVE, 1);
        try (Producer<String, String> producer = clients.producer()) {
            fill(kafka, first, producer);
            continueOnTakhin(kafka, producer);
            goBack(kafka, producer);
        }
        killBoth(kafka);
    }

    private void fill(KafkaSetup kafka, KafkaProcess first, Producer<String, String> producer)
            throws Exception {
        new Contents(first).write();
        Producer<String, String> open = new KafkaContents(first).write();
        send(producer, "kafka");
        Contents.awaitTrimmed(kafka.dataDirectory());
        whenKilled = Observation.of(first);
        first.kill();
        open.close(Duration.ZERO); // a longer time would be used to roll back
        Folders.copy(kafka.dataDirectory(), home.resolve("killed/data"));
        KafkaProcess second = kafka.start();
        send(producer, "kafka again");
        atKafka = Observation.of(second);
        usersBefore = new KafkaContents(second).users(second);
        second.stop();
        loseIndexes(kafka.dataDirectory().resolve(Contents.TRANSACTIONAL + "-0"));
    }

    /** Takhin makes them anew, and Kafka reads by them afterwards. */
    private static void loseIndexes(Path partition) throws IOException {
        for (String kind : List.of(".txnindex", ".timeindex", ".index")) {
            List<Path> files = Folders.files(partition, kind);
            assertThat(files).isNotEmpty();
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }

    private void continueOnTakhin(KafkaSetup kafka, Producer<String, String> producer)
            throws Exception {
        TakhinProcess takhin = kafka.asTakhin().start();
        atTakhin = Observation.of(takhin);
        send(producer, "takhin");
        takhin.stop();
        dump = Dump.of(kafka.dataDirectory());
        takhinOutput = takhin.output();
    }

    private void goBack(KafkaSetup kafka, Producer<String, String> producer) throws Exception {
        try (KafkaProcess third = kafka.start()) {
            backAtKafka = Observation.of(third);
            usersAfter = new KafkaContents(third).users(third);
            send(producer, "kafka at last");
            complaints = third.complaints();
            new KafkaContents(third).finishOpenTransaction();
            afterTheEnd = Observation.of(third);
            live =
                    new JavaClients(third)
                            .readAll(new TopicPartition(LIVE, 0), 4).stream()
                                    .map(ConsumerRecord::value)
                                    .toList();
        }
    }

    private void killBoth(KafkaSetup kafka) throws Exception {
        KafkaSetup copy = kafka.moved(home.resolve("killed"));
        TakhinProcess takhin = copy.asTakhin().start();
        killedAtTakhin = Observation.of(takhin);
        takhin.kill();
        dumpAfterKill = Dump.of(copy.dataDirectory());
        try (KafkaProcess last = copy.start()) {
            killedBackAtKafka = Observation.of(last);
        }
    }

    private static void send(Producer<String, String> producer, String value)
            throws InterruptedException {
        JavaClients.send(producer, new ProducerRecord<>(LIVE, 0, null, value));
    }

    @Test
    void takhinShowsWhatKafkaShowed() {
        assertThat(atKafka.lostIn(atTakhin)).isEmpty();
        assertThat(atTakhin.lostIn(atKafka)).isEmpty();
    }

    @Test
    void kafkaShowsWhatItHadBefore() {
        assertThat(atTakhin.withoutEnds().lostIn(backAtKafka)).isEmpty();
        assertThat(usersAfter).isEqualTo(usersBefore);
    }

    @Test
    void theStartThatDeleteRecordsMovedIsKept() {
        String start = "start " + Contents.TRIMMED + "-0";
        assertThat(atKafka.get(start)).isEqualTo("5");
        assertThat(atTakhin.get(start)).isEqualTo("5");
        assertThat(backAtKafka.get(start)).isEqualTo("5");
        assertThat(killedAtTakhin.get(start)).isEqualTo("5");
    }

    @Test
    void everyReplicaLeadsAndIsInSyncAfterACleanStopAndAfterAKill() {
        assertThat(atTakhin.only("replicas ").facts().values()).containsOnly(Contents.LED);
        assertThat(killedAtTakhin.only("replicas ").facts().values()).containsOnly(Contents.LED);
        assertThat(killedBackAtKafka.only("replicas ").facts().values()).containsOnly(Contents.LED);
    }

    @Test
    void anIdempotentProducerGoesOnThroughAllOfThem() {
        assertThat(live).containsExactly("kafka", "kafka again", "takhin", "kafka at last");
    }

    @Test
    void anOpenTransactionHoldsReadersBackUntilKafkaEndsIt() {
        String stable = "end stable transactional-0";
        assertThat(atTakhin.get(stable)).isEqualTo(whenKilled.get(stable));
        assertThat(backAtKafka.get(stable)).isEqualTo(whenKilled.get(stable));
        assertThat(afterTheEnd.get(stable)).isEqualTo(afterTheEnd.get("end transactional-0"));
    }

    @Test
    void kafkaFindsNothingToComplainAbout() {
        assertThat(complaints).isEmpty();
    }

    @Test
    void kafkasDumpToolFindsEveryKindOfFileInOrder() {
        assertThat(dump.complaints()).isEmpty();
        assertThat(dump.kinds())
                .contains(".log", ".index", ".timeindex", ".txnindex", ".snapshot", ".checkpoint");
    }

    @Test
    void kafkasDumpToolReadsWhatTwoKillsLeft() {
        assertThat(dumpAfterKill.complaints()).isEmpty();
        assertThat(dumpAfterKill.kinds()).contains(".log", ".txnindex", ".snapshot");
    }

    @Test
    void takhinWarnsOfRulesItDoesNotApply() {
        assertThat(takhinOutput).contains("ACLs", "client quotas", "SCRAM");
    }

    @Test
    void whatAKilledKafkaLeftIsThereInTakhin() {
        assertThat(whenKilled.lostIn(killedAtTakhin)).isEmpty();
        assertThat(killedAtTakhin.lostIn(whenKilled)).isEmpty();
    }

    @Test
    void whatAKilledTakhinLeftIsThereInKafka() {
        assertThat(killedAtTakhin.lostIn(killedBackAtKafka)).isEmpty();
    }
}
