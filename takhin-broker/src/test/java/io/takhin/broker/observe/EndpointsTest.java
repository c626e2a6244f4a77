package io.takhin.broker.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.broker.config.BrokerConfig;
import io.takhin.broker.config.HostAndPort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointsTest {
    private static final HostAndPort ANY_PORT = new HostAndPort("127.0.0.1", 0);

    @TempDir Path dir;

    private final HttpClient http = HttpClient.newHttpClient();
    private final Health health = new Health();

    // S162
    @Test
    void healthSaysHealthyAndWhen() throws Exception {
        try (HealthEndpoint endpoint = HealthEndpoint.open(ANY_PORT, health, new FixedClock())) {
            HttpResponse<String> answer = get(endpoint.port(), "/health");

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body())
                    .isEqualTo("{\"status\":\"healthy\",\"timestamp\":\"2026-11-23T00:00:00Z\"}\n");
        }
    }

    // S163
    @Test
    void readinessComesAndGoes() throws Exception {
        try (HealthEndpoint endpoint = HealthEndpoint.open(ANY_PORT, health, Clock.SYSTEM)) {
            assertThat(get(endpoint.port(), "/health/ready").statusCode()).isEqualTo(503);
            assertThat(get(endpoint.port(), "/health/ready").body()).contains("starting");

            health.ready();
            assertThat(get(endpoint.port(), "/health/ready").statusCode()).isEqualTo(200);

            health.notReady("stopping");
            assertThat(get(endpoint.port(), "/health/ready").body()).contains("stopping");
            assertThat(get(endpoint.port(), "/health/live").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void whatBrokeStaysVisible() throws Exception {
        try (HealthEndpoint endpoint = HealthEndpoint.open(ANY_PORT, health, Clock.SYSTEM)) {
            health.failing("disk \"a\"");
            health.ready();

            HttpResponse<String> answer = get(endpoint.port(), "/health");

            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("\"reason\":\"disk \\\"a\\\"\"");
        }
    }

    @Test
    void aBrokerThatIsReadOnlyIsReadyAndSaysWhatHelps() throws Exception { // S179
        try (HealthEndpoint endpoint = HealthEndpoint.open(ANY_PORT, health, Clock.SYSTEM)) {
            health.readOnly("delete topics");
            assertThat(get(endpoint.port(), "/health/ready").statusCode()).isEqualTo(503);

            health.ready();

            HttpResponse<String> ready = get(endpoint.port(), "/health/ready");
            assertThat(ready.statusCode()).isEqualTo(200);
            assertThat(ready.body()).contains("\"read-only\"", "\"reason\":\"delete topics\"");
            assertThat(get(endpoint.port(), "/health").body()).contains("\"read-only\"");
            health.writable();
            assertThat(get(endpoint.port(), "/health/ready").body()).contains("\"ready\"");
        }
    }

    /** The table of the page, and what is served, name each other. */
    @Test
    void thePageNamesEverySeries() throws Exception {
        Metrics metrics = new Metrics("v1", dir);
        metrics.show(new FixedCluster(), new FixedStorage());
        metrics.requests().completed(ApiKeys.PRODUCE, 3_000_000);
        metrics.requests().failed(ApiKeys.PRODUCE, Errors.NOT_LEADER_OR_FOLLOWER);
        metrics.storage().flushed("journal", 300_000);

        Set<String> served =
                scrape(metrics, "/metrics")
                        .lines()
                        .filter(line -> line.startsWith("# TYPE "))
                        .map(line -> line.split(" ", -1))
                        .map(words -> words[2] + " " + words[3])
                        .collect(Collectors.toCollection(TreeSet::new));

        Set<String> named =
                Files.readAllLines(Path.of("../docs/metrics.md")).stream()
                        .map(line -> line.split("\\s*\\|\\s*", -1))
                        .filter(cells -> cells.length == 6 && cells[1].startsWith("`"))
                        .map(cells -> cells[1].replace("`", "") + " " + cells[2])
                        .collect(Collectors.toCollection(TreeSet::new));
        assertThat(served).isEqualTo(named);
    }

    // S153, S154, S155, S156, S157, S158, S159, S160, S161
    @Test
    void metricsHaveTheDocumentedNames() throws Exception {
        Metrics metrics = new Metrics("v1", dir);
        metrics.show(new FixedCluster(), new FixedStorage());
        metrics.requests().completed(ApiKeys.PRODUCE, 3_000_000);
        metrics.requests().failed(ApiKeys.PRODUCE, Errors.NOT_LEADER_OR_FOLLOWER);

        String text = scrape(metrics, "/metrics");

        assertThat(text.lines())
                .contains(
                        "takhin_kafka_requests_total{api=\"Produce\"} 1.0",
                        "takhin_kafka_request_duration_seconds_count{api=\"Produce\"} 1",
                        "takhin_kafka_request_duration_seconds_bucket"
                                + "{api=\"Produce\",le=\"0.0025\"} 0",
                        "takhin_kafka_request_duration_seconds_bucket"
                                + "{api=\"Produce\",le=\"0.005\"} 1",
                        "takhin_kafka_request_errors_total"
                                + "{api=\"Produce\",code=\"NOT_LEADER_OR_FOLLOWER\"} 1.0",
                        "takhin_active_connections 7.0",
                        "takhin_storage_bytes_total 4096.0",
                        "takhin_consumer_lag_messages"
                                + "{group=\"g\",partition=\"3\",topic=\"t\"} 12.0",
                        "raft_state{role=\"leader\"} 1.0",
                        "cluster_size 1.0",
                        "replica_lag 0.0",
                        "takhin_under_replicated_partitions 0.0");
        assertThat(text).contains("takhin_disk_total_bytes ", "takhin_disk_used_bytes ");
    }

    @Test
    void metricsAreServedAtTheirPathOnly() throws Exception {
        BrokerConfig.Metrics config = new BrokerConfig.Metrics(true, ANY_PORT, "/stats");
        try (MetricsEndpoint endpoint = MetricsEndpoint.open(config, new Metrics("v1", dir))) {
            assertThat(get(endpoint.port(), "/stats").statusCode()).isEqualTo(200);
            assertThat(get(endpoint.port(), "/metrics").statusCode()).isEqualTo(404);
            assertThat(get(endpoint.port(), "/stats/x").statusCode()).isEqualTo(404);
        }
    }

    private String scrape(Metrics metrics, String path) throws Exception {
        BrokerConfig.Metrics config = new BrokerConfig.Metrics(true, ANY_PORT, path);
        try (MetricsEndpoint endpoint = MetricsEndpoint.open(config, metrics)) {
            return get(endpoint.port(), path).body();
        }
    }

    private HttpResponse<String> get(int port, String path)
            throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + port + path);
        HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).build();
        return http.send(request, BodyHandlers.ofString());
    }

    private static final class FixedClock implements Clock {
        @Override
        public long wallMillis() {
            return 1_795_392_000_000L;
        }

        @Override
        public long nanos() {
            return 0;
        }
    }

    private static final class FixedCluster implements ClusterMetrics {
        @Override
        public int activeConnections() {
            return 7;
        }

        @Override
        public long storageBytes() {
            return 4096;
        }

        @Override
        public String raftRole() {
            return "leader";
        }

        @Override
        public int clusterSize() {
            return 1;
        }

        @Override
        public long replicaLagMax() {
            return 0;
        }

        @Override
        public int underReplicatedPartitions() {
            return 0;
        }

        @Override
        public Collection<ConsumerLag> consumerLags() {
            return List.of(new ConsumerLag("g", "t", 3, 12));
        }
    }

    private static final class FixedStorage implements StorageMetrics {
        @Override
        public boolean isOnline() {
            return true;
        }

        @Override
        public boolean isReadOnly() {
            return false;
        }

        @Override
        public long damagedBatches() {
            return 0;
        }

        @Override
        public Unflushed unflushed() {
            return new Unflushed(1, 100);
        }

        @Override
        public Map<String, Integer> partitionsByFlushPolicy() {
            return Map.of("ack", 3);
        }

        @Override
        public Collection<TopicStorage> topics() {
            return List.of(new TopicStorage("t", 3, 4, 4096));
        }

        @Override
        public Collection<TopicCompaction> compactions() {
            return List.of(new TopicCompaction("t", 10, 0, Map.of("damaged", 1)));
        }

        @Override
        public Collection<PartitionStorage> partitions() {
            return List.of(new PartitionStorage("t", 2, 10, 20, 1024, 1));
        }
    }
}
