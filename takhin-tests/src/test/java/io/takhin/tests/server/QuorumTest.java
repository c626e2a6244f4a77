package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.takhin.tests.harness.FreePorts;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.Http;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three brokers that keep the cluster's metadata together. */
@TakhinOnly
@Timeout(120)
class QuorumTest {
    private static final Duration ELECTED_WITHIN = Duration.ofSeconds(30);

    @TempDir private Path home;

    private final List<TakhinSetup> setups = new ArrayList<>();
    private final List<TakhinProcess> nodes = new ArrayList<>();

    @BeforeEach
    void threeSetups() {
        List<String> raft =
                IntStream.range(0, 3).mapToObj(_ -> "127.0.0.1:" + FreePorts.one()).toList();
        String peers = String.join(",", raft);
        for (int i = 0; i < 3; i++) {
            setups.add(
                    TakhinSetup.in(home.resolve("node" + (i + 1)))
                            .withEnvironment("TAKHIN_KAFKA_BROKER_ID", Integer.toString(i + 1))
                            .withEnvironment("TAKHIN_KAFKA_CLUSTER_BROKERS", "1,2,3")
                            .withEnvironment("TAKHIN_RAFT_BIND_ADDR", raft.get(i))
                            .withEnvironment("TAKHIN_RAFT_ADVERTISE_ADDR", raft.get(i))
                            .withEnvironment("TAKHIN_RAFT_PEERS", peers));
        }
    }

    @AfterEach
    void stopAll() {
        // All at once: the last one alone would wait for a majority that has gone.
        nodes.parallelStream().forEach(TakhinProcess::close);
    }

    // S98, S99
    @Test
    void theFirstNodeWaitsAndTwoAreALivingCluster() throws Exception {
        TakhinProcess first = launch(0);
        await().atMost(ELECTED_WITHIN)
                .until(() -> first.output().contains("Raft initialization node=1"));
        assertThat(first.isRunning()).isTrue();

        TakhinProcess second = launch(1);
        second.awaitReady();
        first.awaitReady();

        new JavaClients(first).createTopic(Fresh.name("made-by-two"), 1);
        assertThat(first.isRunning()).isTrue();
    }

    // S91, S100
    @Test
    void aKilledControllerIsReplacedAndComesBackAsAFollower() throws Exception {
        startAll();
        int leader = leader();
        String before = Fresh.name("before");
        clients().createTopic(before, 1);

        nodes.get(leader - 1).kill();
        int next = await().atMost(ELECTED_WITHIN).until(() -> leaderAmong(leader), id -> id > 0);

        assertThat(next).isNotEqualTo(leader);
        String after = Fresh.name("after");
        clients().createTopic(after, 1);
        nodes.set(leader - 1, setups.get(leader - 1).start());
        await().atMost(ELECTED_WITHIN)
                .untilAsserted(() -> assertThat(roles()).containsOnlyOnce("leader").hasSize(3));
        assertThat(topicsSeenBy(nodes.get(leader - 1))).contains(before, after);
    }

    // S80, S104
    @Test
    void aWholeClusterComesBackAfterARestart() throws Exception {
        startAll();
        String topic = Fresh.name("kept");
        clients().createTopic(topic, 6);
        stopAll();
        nodes.clear();

        startAll();

        for (TakhinProcess node : nodes) {
            await().atMost(ELECTED_WITHIN)
                    .untilAsserted(() -> assertThat(topicsSeenBy(node)).contains(topic));
        }
    }

    // S80, S91
    @Test
    void aClusterThatWasKilledAsAWholeComesBackWithAllItAcknowledged() throws Exception {
        startAll();
        String topic = Fresh.name("acknowledged");
        clients().createTopic(topic, 3);
        sendToEach(topic, 3);
        nodes.parallelStream().forEach(TakhinProcess::kill);
        nodes.clear();

        startAll();

        for (TakhinProcess node : nodes) {
            await().atMost(ELECTED_WITHIN)
                    .untilAsserted(() -> assertThat(topicsSeenBy(node)).contains(topic));
        }
        for (int i = 0; i < 3; i++) {
            assertThat(clients().readAll(new TopicPartition(topic, i), 1))
                    .extracting(ConsumerRecord::value)
                    .containsExactly("v");
        }
    }

    // S91
    @Test
    void aNodeWithoutAMajorityChangesNothingAndStopsWhenItIsTold() throws Exception {
        startAll();
        nodes.get(0).kill();
        nodes.get(1).kill();
        TakhinProcess last = nodes.get(2);

        try (Admin admin = new JavaClients(last).admin()) {
            assertThatThrownBy(() ->
                            admin.createTopics(
                                            List.of(new NewTopic("alone", 1, (short) 1)),
                                            new CreateTopicsOptions().timeoutMs(3000))
                                    .all()
                                    .get())
                    .hasCauseInstanceOf(TimeoutException.class);
        }
        assertThat(last.isRunning()).isTrue();
        last.stop();

        nodes.set(0, setups.get(0).launch());
        nodes.set(1, setups.get(1).launch());
        nodes.get(0).awaitReady();
        assertThat(topicsSeenBy(nodes.get(0))).doesNotContain("alone");
    }

    // S57, S75
    @Test
    void partitionsAreSpreadOverTheBrokersAndServedByEach() throws Exception {
        startAll();
        String topic = Fresh.name("spread");
        clients().createTopic(topic, 6);

        await().atMost(ELECTED_WITHIN)
                .ignoreExceptions()
                .untilAsserted(
                        () -> assertThat(leadersOf(topic)).containsExactlyInAnyOrder(1, 2, 3));
        sendToEach(topic, 6);
    }

    private void sendToEach(String topic, int partitions) throws InterruptedException {
        try (var producer = clients().producer()) {
            for (int i = 0; i < partitions; i++) {
                JavaClients.send(producer, new ProducerRecord<>(topic, i, null, "v"));
            }
        }
    }

    private Set<Integer> leadersOf(String topic) throws Exception {
        try (Admin admin = clients().admin()) {
            return admin
                    .describeTopics(List.of(topic))
                    .allTopicNames()
                    .get()
                    .get(topic)
                    .partitions()
                    .stream()
                    .map(partition -> partition.leader().id())
                    .collect(Collectors.toSet());
        }
    }

    private void startAll() {
        for (int i = 0; i < 3; i++) {
            launch(i);
        }
        nodes.forEach(TakhinProcess::awaitReady);
        await().atMost(ELECTED_WITHIN).until(() -> brokersSeen() == 3);
    }

    private TakhinProcess launch(int index) {
        TakhinProcess node = setups.get(index).launch();
        nodes.add(node);
        return node;
    }

    private JavaClients clients() {
        return new JavaClients(
                setups.stream()
                        .map(setup -> "127.0.0.1:" + setup.port())
                        .collect(Collectors.joining(",")));
    }

    private int brokersSeen() throws Exception {
        try (Admin admin = clients().admin()) {
            return admin.describeCluster().nodes().get().size();
        }
    }

    private int leader() throws Exception {
        try (Admin admin = clients().admin()) {
            QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
            assertThat(quorum.voters()).hasSize(3);
            return quorum.leaderId();
        }
    }

    /** The leader the living nodes agree on, or 0. */
    private int leaderAmong(int dead) {
        return IntStream.rangeClosed(1, 3)
                .filter(id -> id != dead && role(setups.get(id - 1)).equals("leader"))
                .findFirst()
                .orElse(0);
    }

    private List<String> roles() {
        return setups.stream().map(QuorumTest::role).filter(role -> !role.isEmpty()).toList();
    }

    private static String role(TakhinSetup setup) {
        String metrics = Http.getOrEmpty("http://127.0.0.1:" + setup.metricsPort() + "/metrics");
        return metrics.lines()
                .filter(line -> line.startsWith("raft_state{") && line.contains(" 1"))
                .map(line -> line.replaceAll(".*role=\"(\\w+)\".*", "$1"))
                .findFirst()
                .orElse("");
    }

    private static Set<String> topicsSeenBy(TakhinProcess node) throws Exception {
        try (Admin admin = new JavaClients(node).admin()) {
            return admin.listTopics().names().get();
        }
    }
}
