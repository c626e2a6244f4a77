package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.Http;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Metrics, health and logs of a broker that has done some work. */
@TakhinOnly
class ObservationTest {
    private static final String TOPIC = Fresh.name("observed");
    private static final String GROUP = Fresh.name("group");

    @TempDir private static Path home;

    private static TakhinProcess broker;

    @BeforeAll
    static void aBrokerWithALaggingGroup() throws Exception {
        broker =
                TakhinSetup.in(home)
                        .withEnvironment("TAKHIN_LOGGING_OUTPUT_PATH", logFile().toString())
                        .start();
        JavaClients clients = new JavaClients(broker);
        clients.fill(TOPIC, 10);
        try (Consumer<String, String> consumer = clients.consumer("group.id", GROUP)) {
            consumer.commitSync(Map.of(new TopicPartition(TOPIC, 0), new OffsetAndMetadata(3)));
        }
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    // S153, S154, S155, S156, S157, S158, S159, S160, S161
    @ParameterizedTest
    @ValueSource(
            strings = {
                "takhin_kafka_requests_total{",
                "takhin_kafka_request_duration_seconds_bucket{",
                "takhin_kafka_request_duration_seconds_count{",
                "takhin_storage_bytes_total",
                "takhin_active_connections",
                "raft_state{role=\"leader\"} 1",
                "cluster_size",
                "replica_lag",
                "under_replicated"
            })
    void theDocumentedSeriesAreThere(String series) {
        assertThat(metrics()).contains(series);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "takhin_storage_flush_duration_seconds_count\\{target=\"(segments|journal)\"} [1-9]",
                "takhin_storage_unflushed_bytes \\d",
                "takhin_storage_unflushed_logs \\d",
                "takhin_storage_partitions\\{flush_policy=\"ack\"} [1-9]",
                "takhin_storage_recovery_partitions \\d",
                "takhin_storage_recovery_partitions_done \\d",
                "takhin_topic_segments\\{topic=\"TOPIC\"} 1.0",
                "takhin_topic_compaction_dirty_bytes\\{topic=\"__consumer_offsets\"} \\d",
                "takhin_partition_log_start_offset\\{partition=\"0\",topic=\"TOPIC\"} 0.0",
                "takhin_partition_log_end_offset\\{partition=\"0\",topic=\"TOPIC\"} 10.0",
                "takhin_partition_segments\\{partition=\"0\",topic=\"TOPIC\"} 1.0"
            })
    void theStorageIsSeenFromOutside(String series) {
        assertThat(metrics()).containsPattern("(?m)^" + series.replace("TOPIC", TOPIC));
    }

    @Test
    void theDurabilityOfATopicIsSaidWhenItIsCreatedAndShownAfterwards() throws Exception {
        JavaClients clients = new JavaClients(broker);
        String fast = Fresh.name("fast");

        clients.createTopic(fast, 1, "flush.policy", "interval");

        await().untilAsserted(() ->
                assertThat(broker.output())
                        .contains("topic " + TOPIC + ": acks=all waits for the disk")
                        .contains("topic " + fast + ": acks=all waits for the page cache only"));
        await().untilAsserted(() ->
                assertThat(metrics())
                        .contains("takhin_storage_partitions{flush_policy=\"interval\"} 1.0"));
        assertThat(flushPolicy(clients, TOPIC)).isEqualTo("ack");
        assertThat(flushPolicy(clients, fast)).isEqualTo("interval");
    }

    private static String flushPolicy(JavaClients clients, String topic) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try (Admin admin = clients.admin()) {
            return admin.describeConfigs(Set.of(resource))
                    .all()
                    .get()
                    .get(resource)
                    .get("flush.policy")
                    .value();
        }
    }

    // S154
    @Test
    void requestsAreCountedByApi() {
        assertThat(metrics())
                .containsPattern("takhin_kafka_requests_total\\{api=\"Produce\"} [1-9]");
    }

    // S158
    @Test
    void theLagOfAGroupIsShown() {
        await().untilAsserted(() ->
                assertThat(metrics().lines())
                        .filteredOn(line ->
                                line.startsWith("takhin_consumer_lag_messages{")
                                        && line.contains("group=\"" + GROUP + "\"")
                                        && line.contains("topic=\"" + TOPIC + "\""))
                        .singleElement()
                        .asString()
                        .containsPattern(" 7(\\.0)?$"));
    }

    // S162
    @Test
    void healthIsJsonWithStatusAndTime() {
        HttpResponse<String> health = Http.get(health("/health"));

        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.body())
                .containsPattern("\"status\"\\s*:\\s*\"healthy\"")
                .containsPattern("\"timestamp\"\\s*:\\s*\"\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z\"");
    }

    // S163
    @ParameterizedTest
    @ValueSource(strings = {"/health/ready", "/health/live"})
    void readinessAndLivenessAreSaid(String path) {
        assertThat(Http.get(health(path)).statusCode()).isEqualTo(200);
    }

    // S50, S168
    @Test
    void theLogIsJsonOnTheOutputAndInTheFile() throws Exception {
        assertThat(broker.output().lines()).isNotEmpty().allMatch(line -> line.startsWith("{"));
        assertThat(Files.readAllLines(logFile()))
                .isNotEmpty()
                .allMatch(line -> line.startsWith("{") && line.endsWith("}"));
    }

    // S52
    @Test
    void atDebugTheLogTellsOfConnectionsAndOfRequestsThatFail(@TempDir Path other) {
        TakhinSetup chatty = TakhinSetup.in(other).withEnvironment("TAKHIN_LOGGING_LEVEL", "debug");

        try (TakhinProcess process = chatty.start();
                Admin admin = new JavaClients(process).admin()) {
            assertThatThrownBy(
                            () -> admin.describeTopics(List.of("not-there")).allTopicNames().get())
                    .hasRootCauseInstanceOf(UnknownTopicOrPartitionException.class);

            await().untilAsserted(() ->
                    assertThat(process.output())
                            .containsPattern("\"DEBUG\".*connection \\d+ of .*: opened")
                            .contains("software=apache-kafka-java")
                            .contains("is answered [UNKNOWN_TOPIC_OR_PARTITION]"));
        }
    }

    // S153
    @Test
    void metricsCanBeSwitchedOff(@TempDir Path other) {
        TakhinSetup quiet =
                TakhinSetup.in(other).withEnvironment("TAKHIN_METRICS_ENABLED", "false");

        try (TakhinProcess _ = quiet.start()) {
            assertThat(Http.getOrEmpty("http://127.0.0.1:" + quiet.metricsPort() + "/metrics"))
                    .isEmpty();
        }
    }

    private static Path logFile() {
        return home.resolve("logs/takhin.log");
    }

    private static String metrics() {
        return Http.get("http://127.0.0.1:" + broker.setup().metricsPort() + "/metrics").body();
    }

    private static String health(String path) {
        return "http://127.0.0.1:" + broker.setup().healthPort() + path;
    }
}
