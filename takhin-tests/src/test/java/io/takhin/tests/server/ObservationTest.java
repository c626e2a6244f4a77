package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
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

    // S153 to S161
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
