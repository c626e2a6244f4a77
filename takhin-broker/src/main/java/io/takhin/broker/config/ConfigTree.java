package io.takhin.broker.config;

import io.takhin.broker.config.BrokerConfig.Compaction;
import io.takhin.broker.config.BrokerConfig.Health;
import io.takhin.broker.config.BrokerConfig.Logging;
import io.takhin.broker.config.BrokerConfig.Metrics;
import io.takhin.broker.config.BrokerConfig.Network;
import io.takhin.broker.config.BrokerConfig.Node;
import io.takhin.broker.config.BrokerConfig.Raft;
import io.takhin.broker.config.BrokerConfig.Replication;
import io.takhin.broker.config.BrokerConfig.Storage;
import io.takhin.broker.config.BrokerConfig.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Builds the records from the values. Throws {@link InvalidSettingException} for values that are
 * each allowed and do not fit together.
 */
final class ConfigTree {
    private final SettingValues values;

    ConfigTree(SettingValues values) {
        this.values = values;
    }

    BrokerConfig build() {
        Node node = node();
        return new BrokerConfig(
                node,
                network(node),
                topics(),
                storage(),
                replication(),
                raft(node),
                logging(),
                metrics(),
                health());
    }

    private Node node() {
        int id = values.number(Setting.KAFKA_BROKER_ID);
        List<Integer> brokers = values.numbers(Setting.KAFKA_CLUSTER_BROKERS);
        return new Node(
                id,
                brokers.isEmpty() ? List.of(id) : brokers,
                optionalText(Setting.KAFKA_CLUSTER_ID));
    }

    private Network network(Node node) {
        List<HostAndPort> listeners = new ListenerRule(values).listeners();
        return new Network(
                listeners,
                advertisedHost(node, listeners.getFirst()),
                values.isSet(Setting.KAFKA_ADVERTISED_PORT)
                        ? OptionalInt.of(values.number(Setting.KAFKA_ADVERTISED_PORT))
                        : OptionalInt.empty(),
                values.number(Setting.KAFKA_MAX_MESSAGE_BYTES),
                values.number(Setting.KAFKA_MAX_REQUEST_BYTES),
                values.number(Setting.KAFKA_MAX_CONNECTIONS),
                millis(Setting.KAFKA_REQUEST_TIMEOUT_MS),
                millis(Setting.KAFKA_CONNECTION_TIMEOUT_MS));
    }

    /**
     * The machine's own name is not used as a fallback: looking it up may take seconds where DNS is
     * broken, and clients often cannot resolve it.
     */
    private String advertisedHost(Node node, HostAndPort listener) {
        Optional<String> given = optionalText(Setting.KAFKA_ADVERTISED_HOST);
        if (given.isEmpty() && listener.isAnyAddress() && !node.isAlone()) {
            throw new InvalidSettingException(
                    Setting.KAFKA_ADVERTISED_HOST,
                    Setting.KAFKA_CLUSTER_BROKERS,
                    "must say where clients reach this broker, as the cluster has more than one");
        }
        return given.orElse(listener.isAnyAddress() ? "localhost" : listener.host());
    }

    private Topics topics() {
        return new Topics(
                values.flag(Setting.KAFKA_AUTO_CREATE_TOPICS),
                values.number(Setting.KAFKA_NUM_PARTITIONS),
                values.number(Setting.KAFKA_OFFSETS_TOPIC_PARTITIONS));
    }

    private Storage storage() {
        long retentionHours = values.whole(Setting.STORAGE_LOG_RETENTION_HOURS);
        long retentionBytes = values.whole(Setting.STORAGE_LOG_RETENTION_BYTES);
        return new Storage(
                dataDir(),
                values.whole(Setting.STORAGE_LOG_SEGMENT_SIZE),
                retentionHours < 0 ? -1 : Duration.ofHours(retentionHours).toMillis(),
                retentionBytes == 0 ? -1 : retentionBytes,
                millis(Setting.STORAGE_LOG_CLEANUP_INTERVAL_MS),
                values.text(Setting.STORAGE_LOG_FLUSH_POLICY).equals("ack"),
                millis(Setting.STORAGE_LOG_FLUSH_INTERVAL_MS),
                values.whole(Setting.STORAGE_LOG_FLUSH_MESSAGES),
                new BrokerConfig.Reserve(
                        values.whole(Setting.STORAGE_DISK_RESERVE_BYTES),
                        values.number(Setting.STORAGE_DISK_RESERVE_PERCENT)),
                new Compaction(
                        values.flag(Setting.STORAGE_CLEANER_ENABLED),
                        millis(Setting.STORAGE_COMPACTION_INTERVAL_MS),
                        values.ratio(Setting.STORAGE_COMPACTION_MIN_CLEANABLE_RATIO),
                        values.whole(Setting.STORAGE_COMPACTION_MAP_BYTES),
                        values.whole(Setting.STORAGE_COMPACTION_IO_BYTES_PER_SECOND)));
    }

    private Path dataDir() {
        return optionalText(Setting.STORAGE_DATA_DIR)
                .map(Path::of)
                .orElseThrow(() ->
                        new InvalidSettingException(
                                Setting.STORAGE_DATA_DIR, "must name a directory"));
    }

    private Replication replication() {
        return new Replication(
                values.number(Setting.REPLICATION_DEFAULT_REPLICATION_FACTOR),
                millis(Setting.REPLICATION_REPLICA_LAG_TIME_MAX_MS),
                millis(Setting.REPLICATION_REPLICA_FETCH_WAIT_MAX_MS),
                values.number(Setting.REPLICATION_REPLICA_FETCH_MAX_BYTES));
    }

    private Raft raft(Node node) {
        RaftPeers peers = new RaftPeers(node, values.texts(Setting.RAFT_PEERS));
        Optional<HostAndPort> advertised =
                optionalText(Setting.RAFT_ADVERTISE_ADDR)
                        .map(text -> address(Setting.RAFT_ADVERTISE_ADDR, text));
        advertised.ifPresent(peers::checkOwnAddress);
        return new Raft(
                address(Setting.RAFT_BIND_ADDR, values.text(Setting.RAFT_BIND_ADDR)),
                advertised.or(peers::ownAddress),
                peers.voters(),
                millis(Setting.RAFT_HEARTBEAT_TIMEOUT_MS),
                millis(Setting.RAFT_COMMIT_TIMEOUT_MS));
    }

    private Logging logging() {
        return new Logging(
                values.text(Setting.LOGGING_LEVEL),
                values.text(Setting.LOGGING_FORMAT).equals("json"),
                optionalText(Setting.LOGGING_OUTPUT_PATH).map(Path::of),
                values.whole(Setting.LOGGING_MAX_FILE_SIZE),
                values.number(Setting.LOGGING_MAX_BACKUPS));
    }

    private Metrics metrics() {
        return new Metrics(
                values.flag(Setting.METRICS_ENABLED),
                new HostAndPort(
                        values.text(Setting.METRICS_HOST), values.number(Setting.METRICS_PORT)),
                values.text(Setting.METRICS_PATH));
    }

    private Health health() {
        return new Health(
                values.flag(Setting.HEALTH_ENABLED),
                new HostAndPort(
                        values.text(Setting.HEALTH_HOST), values.number(Setting.HEALTH_PORT)));
    }

    private Optional<String> optionalText(Setting setting) {
        return Optional.of(values.text(setting)).filter(text -> !text.isBlank());
    }

    /** A larger number than time has milliseconds left is still only a very long time. */
    private Duration millis(Setting setting) {
        return Duration.ofMillis(values.whole(setting));
    }

    static HostAndPort address(Setting setting, String text) {
        try {
            return HostAndPort.parse(text);
        } catch (InvalidSettingException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException(setting, String.valueOf(e.getMessage()));
        }
    }
}
