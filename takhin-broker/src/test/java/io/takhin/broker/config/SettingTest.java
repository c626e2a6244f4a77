package io.takhin.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SettingTest {
    /** Every key the two documents show. */
    private static final String DOCUMENTED =
            """
            server.host
            server.port
            server.tls.enabled
            server.tls.cert.file
            server.tls.key.file
            server.tls.client.auth
            server.tls.verify.client.cert
            server.tls.min.version
            server.tls.ca.file
            kafka.broker.id
            kafka.cluster.brokers
            kafka.listeners
            kafka.advertised.host
            kafka.advertised.port
            kafka.max.message.bytes
            kafka.max.connections
            kafka.request.timeout.ms
            kafka.connection.timeout.ms
            storage.data.dir
            storage.log.segment.size
            storage.log.retention.hours
            storage.log.retention.bytes
            storage.log.cleanup.interval.ms
            storage.log.flush.interval.ms
            storage.log.flush.messages
            storage.cleaner.enabled
            storage.compaction.interval.ms
            storage.compaction.min.cleanable.ratio
            storage.tiered.enabled
            storage.tiered.s3.bucket
            storage.tiered.s3.region
            storage.tiered.s3.prefix
            storage.tiered.s3.endpoint
            storage.tiered.cold.age.hours
            storage.tiered.local.cache.size.mb
            replication.default.replication.factor
            replication.replica.lag.time.max.ms
            replication.replica.fetch.wait.max.ms
            replication.replica.fetch.max.bytes
            raft.bind.addr
            raft.advertise.addr
            raft.peers
            raft.heartbeat.timeout.ms
            raft.commit.timeout.ms
            sasl.enabled
            sasl.mechanisms
            sasl.plain.users
            sasl.cache.enabled
            sasl.cache.ttl.seconds
            sasl.gssapi.service.name
            sasl.gssapi.principal
            sasl.gssapi.keytab.path
            acl.enabled
            audit.enabled
            audit.output.path
            audit.max.file.size
            audit.max.backups
            audit.max.age
            audit.compress
            logging.level
            logging.format
            logging.output.path
            metrics.enabled
            metrics.host
            metrics.port
            metrics.path
            """;

    // A key that is another's prefix could not be nested in a file
    @ParameterizedTest
    @EnumSource
    void aKeyIsNoPrefixOfAnother(Setting setting) {
        String nested = setting.key() + ".";

        assertThat(Arrays.stream(Setting.values()).map(Setting::key))
                .noneMatch(key -> key.startsWith(nested));
    }

    @Test
    void noTwoSettingsHaveOneKafkaName() {
        assertThat(Arrays.stream(Setting.values()).flatMap(s -> s.kafkaName().stream()))
                .doesNotHaveDuplicates();
    }

    static Stream<String> documented() {
        return DOCUMENTED.lines();
    }

    // S26–S51: the keys of the two documents, and rules 6 and 11 of section 18
    @ParameterizedTest
    @MethodSource("documented")
    void everyDocumentedKeyExists(String key) {
        assertThat(Arrays.stream(Setting.values()).map(Setting::key)).contains(key);
    }

    // S14
    @Test
    void theShippedFileIsASingleBroker() throws Exception {
        LoadedConfig shipped =
                LoadedConfig.load(
                        Optional.of(Path.of("../configs/takhin.yaml")), Map.of(), Map.of());

        assertThat(shipped.config().node().isAlone()).isTrue();
        assertThat(shipped.config().storage().dataDir()).isEqualTo(Path.of("/tmp/takhin-data"));
    }

    @ParameterizedTest
    @CsvSource({
        "server.prot, SERVER_PORT",
        "kafka.broker, KAFKA_BROKER_ID",
        "log.retention.hours, STORAGE_LOG_RETENTION_HOURS",
        "num.partitions, KAFKA_NUM_PARTITIONS",
        "metric.port, METRICS_PORT",
    })
    void theNearestKeyIsTheOneThatWasMeant(String key, Setting meant) {
        assertThat(NearestKey.of(key)).isEqualTo(meant);
    }
}
