package io.takhin.broker.config;

import static io.takhin.broker.config.Kind.bytes;
import static io.takhin.broker.config.Kind.choice;
import static io.takhin.broker.config.Kind.count;
import static io.takhin.broker.config.Kind.flag;
import static io.takhin.broker.config.Kind.listOf;
import static io.takhin.broker.config.Kind.millis;
import static io.takhin.broker.config.Kind.port;
import static io.takhin.broker.config.Kind.ratio;
import static io.takhin.broker.config.Kind.text;
import static io.takhin.broker.config.Kind.texts;
import static io.takhin.broker.config.Kind.whole;
import static io.takhin.broker.config.Trait.atRunTime;
import static io.takhin.broker.config.Trait.kafka;
import static io.takhin.broker.config.Trait.later;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The table of all settings: name, values, default, text. Validation, the reference in {@code
 * docs/configuration.md} and DescribeConfigs come from here.
 *
 * <p>A constant's name is the setting's key ({@code SERVER_PORT} is {@code server.port}) and its
 * environment variable ({@code TAKHIN_SERVER_PORT}). Defaults are in the text form of the kind;
 * null means that there is none and the text says what happens then.
 */
@SuppressWarnings("ImmutableEnumChecker") // its kinds and traits are records, its lists copies
public enum Setting {
    SERVER_HOST(text(), "0.0.0.0", "Address the Kafka listener binds to."),
    SERVER_PORT(port(), "9092", "Port of the Kafka listener; 0 takes any free one."),
    SERVER_TLS_ENABLED(flag(), "false", "TLS on the Kafka listener.", later("TLS")),
    SERVER_TLS_CERT_FILE(text(), "", "Certificate chain (PEM), for server.tls.enabled."),
    SERVER_TLS_KEY_FILE(text(), "", "Private key (PEM), for server.tls.enabled."),
    SERVER_TLS_CA_FILE(text(), "", "Certificates that sign clients' (PEM), for client.auth."),
    SERVER_TLS_CLIENT_AUTH(
            choice("none", "request", "require"), "none", "Ask clients for a certificate."),
    SERVER_TLS_VERIFY_CLIENT_CERT(flag(), "false", "Check clients' certificates."),
    SERVER_TLS_MIN_VERSION(choice("TLS1.2", "TLS1.3"), "TLS1.2", "Oldest version accepted."),

    KAFKA_BROKER_ID(
            count(0, Integer.MAX_VALUE),
            "1",
            "This broker's id, unique in the cluster; bound to the data directory.",
            kafka("node.id")),
    KAFKA_CLUSTER_BROKERS(
            listOf(count(0, Integer.MAX_VALUE)),
            "",
            "Ids of all brokers of the cluster, the same list on each. Empty: only this one."),
    KAFKA_CLUSTER_ID(
            text(),
            "",
            "Id of the cluster, 22 characters as `kafka-storage random-uuid` makes them. Empty:"
                    + " chosen at the first start.",
            kafka("cluster.id")),
    KAFKA_LISTENERS(
            texts(),
            "",
            "Addresses to listen on, each as tcp://host:port, in place of server.host and"
                    + " server.port. Where both are given, the higher layer wins.",
            kafka("listeners")),
    KAFKA_ADVERTISED_HOST(
            text(),
            "",
            "Host clients are told to connect to. Empty: the address listened on, or localhost"
                    + " where that is any address. Needed with more than one broker.",
            kafka("advertised.listeners")),
    KAFKA_ADVERTISED_PORT(
            count(1, 65535), null, "Port clients are told. Not set: the port listened on."),
    KAFKA_MAX_MESSAGE_BYTES(
            bytes(0, Integer.MAX_VALUE),
            "1048588",
            "Largest record batch accepted, where the topic does not say otherwise.",
            kafka("message.max.bytes")),
    KAFKA_MAX_REQUEST_BYTES(
            bytes(1024, Integer.MAX_VALUE),
            "104857600",
            "Largest request accepted; a connection that sends a larger one is closed.",
            kafka("socket.request.max.bytes")),
    KAFKA_MAX_CONNECTIONS(
            count(1, Integer.MAX_VALUE),
            "10000",
            "Client connections open at a time, over all listeners; further ones are closed at"
                    + " once. Never more than half of the open files that the process may have"
                    + " beside 128 of its own (ulimit -n).",
            kafka("max.connections")),
    KAFKA_REQUEST_TIMEOUT_MS(
            millis(1, Integer.MAX_VALUE),
            "30000",
            "Longest wait for another broker or for the controller.",
            kafka("request.timeout.ms")),
    KAFKA_CONNECTION_TIMEOUT_MS(
            millis(1, Long.MAX_VALUE),
            "600000",
            "A connection that is idle for so long is closed.",
            kafka("connections.max.idle.ms")),
    KAFKA_NUM_PARTITIONS(
            count(1, 100_000),
            "1",
            "Partitions of a topic that is created without a number.",
            kafka("num.partitions")),
    KAFKA_AUTO_CREATE_TOPICS(
            flag(),
            "true",
            "Create a topic when a client first asks for it.",
            kafka("auto.create.topics.enable")),
    KAFKA_OFFSETS_TOPIC_PARTITIONS(
            count(1, 1000),
            "8",
            "Partitions of the topic that keeps consumer groups; fixed once it exists.",
            kafka("offsets.topic.num.partitions")),

    STORAGE_DATA_DIR(
            text(), "/var/lib/takhin/data", "Where everything is kept.", kafka("log.dirs")),
    STORAGE_LOG_SEGMENT_SIZE(
            bytes(1024, 1L << 31),
            "1073741824",
            "A log file is closed before it grows past this.",
            kafka("log.segment.bytes")),
    STORAGE_LOG_RETENTION_HOURS(
            whole("hours", -1, Integer.MAX_VALUE),
            "168",
            "Records may be deleted when older; -1 keeps them for ever.",
            kafka("log.retention.hours")),
    STORAGE_LOG_RETENTION_BYTES(
            bytes(0, Long.MAX_VALUE),
            "0",
            "Size above which a partition's oldest records may be deleted; 0 is no limit.",
            kafka("log.retention.bytes")),
    STORAGE_LOG_CLEANUP_INTERVAL_MS(
            millis(1, Long.MAX_VALUE),
            "300000",
            "Time between two looks for records to delete.",
            kafka("log.retention.check.interval.ms")),
    STORAGE_LOG_FLUSH_POLICY(
            choice("ack", "interval"),
            "ack",
            "What a produce with acks=all waits for. ack: the disk. interval: memory only, as"
                    + " Apache Kafka does; the disk follows within the flush interval."),
    STORAGE_LOG_FLUSH_INTERVAL_MS(
            millis(1, Long.MAX_VALUE),
            "1000",
            "Longest time that records nobody waits for stay unflushed.",
            kafka("log.flush.interval.ms")),
    STORAGE_LOG_FLUSH_MESSAGES(
            count(1, Long.MAX_VALUE),
            "10000",
            "Most records of a partition that stay unflushed when nobody waits for them.",
            kafka("log.flush.interval.messages")),
    STORAGE_DISK_RESERVE_BYTES(
            bytes(0, Long.MAX_VALUE),
            "1073741824",
            "Kept free on the disk: below it produce requests are refused (retriably) and all"
                    + " others served, until a quarter more is free again. 0 lets records fill"
                    + " the disk."),
    STORAGE_DISK_RESERVE_PERCENT(
            whole("percent", 0, 100), "5", "The reserve is no more than this share of the disk."),
    STORAGE_CLEANER_ENABLED(
            flag(), "true", "Compact topics that ask for it.", kafka("log.cleaner.enable")),
    STORAGE_COMPACTION_INTERVAL_MS(
            millis(1, Long.MAX_VALUE),
            "600000",
            "Time between two looks for logs to compact.",
            kafka("log.cleaner.backoff.ms")),
    STORAGE_COMPACTION_MIN_CLEANABLE_RATIO(
            ratio(),
            "0.5",
            "Share of a log that must be uncompacted before it is compacted.",
            kafka("log.cleaner.min.cleanable.ratio")),
    STORAGE_COMPACTION_MAP_BYTES(
            bytes(1 << 16, Long.MAX_VALUE),
            "33554432",
            "Memory, taken only while a log is compacted, that holds the keys of one run: 30 bytes a"
                    + " key. More keys take more runs.",
            kafka("log.cleaner.dedupe.buffer.size")),
    STORAGE_COMPACTION_IO_BYTES_PER_SECOND(
            bytes(0, Long.MAX_VALUE),
            "67108864",
            "What compaction may read and write in a second; 0 is no limit.",
            kafka("log.cleaner.io.max.bytes.per.second")),
    STORAGE_TIERED_ENABLED(flag(), "false", "Move old segments to S3.", later("Tiered storage")),
    STORAGE_TIERED_S3_BUCKET(text(), "", "Bucket, for storage.tiered.enabled."),
    STORAGE_TIERED_S3_REGION(text(), "", "Region of the bucket."),
    STORAGE_TIERED_S3_PREFIX(text(), "takhin-segments", "Prefix of all object names."),
    STORAGE_TIERED_S3_ENDPOINT(text(), "", "Endpoint of a compatible store; empty for AWS."),
    STORAGE_TIERED_COLD_AGE_HOURS(
            whole("hours", 0, Integer.MAX_VALUE), "168", "Age at which a segment is moved."),
    STORAGE_TIERED_LOCAL_CACHE_SIZE_MB(
            whole("MB", 0, Integer.MAX_VALUE), "10240", "Local cache of moved segments."),

    REPLICATION_DEFAULT_REPLICATION_FACTOR(
            count(1, Short.MAX_VALUE),
            "1",
            "Replicas of a topic that is created without a number.",
            kafka("default.replication.factor"),
            later("Replication of data")),
    REPLICATION_REPLICA_LAG_TIME_MAX_MS(
            millis(1, Long.MAX_VALUE),
            "10000",
            "A follower that lags longer leaves the in-sync replicas.",
            kafka("replica.lag.time.max.ms")),
    REPLICATION_REPLICA_FETCH_WAIT_MAX_MS(
            millis(0, Integer.MAX_VALUE),
            "500",
            "Longest wait of a follower's fetch.",
            kafka("replica.fetch.wait.max.ms")),
    REPLICATION_REPLICA_FETCH_MAX_BYTES(
            bytes(0, Integer.MAX_VALUE),
            "1048576",
            "Bytes of one partition in a follower's fetch.",
            kafka("replica.fetch.max.bytes")),

    RAFT_BIND_ADDR(
            text(), "0.0.0.0:7946", "Where the metadata quorum listens; a single broker does not."),
    RAFT_ADVERTISE_ADDR(
            text(), "", "Where the other brokers reach it. Empty: its entry in raft.peers."),
    RAFT_PEERS(
            texts(),
            "",
            "Members of the metadata quorum, the same list on each broker: host:port, the n-th"
                    + " for the n-th of kafka.cluster.brokers, or id@host:port. A broker that is"
                    + " not in it does not vote. Needed with more than one broker.",
            kafka("controller.quorum.voters")),
    RAFT_HEARTBEAT_TIMEOUT_MS(
            millis(300, 60_000),
            "1000",
            "Silence after which a member looks for a new leader.",
            kafka("controller.quorum.fetch.timeout.ms")),
    RAFT_COMMIT_TIMEOUT_MS(
            millis(0, 1000),
            "5",
            "How long the leader gathers metadata changes before it writes them.",
            kafka("controller.quorum.append.linger.ms")),

    SASL_ENABLED(flag(), "false", "Clients must authenticate.", later("SASL")),
    SASL_MECHANISMS(
            listOf(choice("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI")),
            "",
            "Mechanisms offered, for sasl.enabled."),
    SASL_PLAIN_USERS(text(), "", "File of the PLAIN users, user=password a line."),
    SASL_CACHE_ENABLED(flag(), "false", "Remember successful authentications."),
    SASL_CACHE_TTL_SECONDS(
            whole("seconds", 0, Integer.MAX_VALUE), "3600", "For how long they are remembered."),
    SASL_GSSAPI_SERVICE_NAME(text(), "kafka", "Kerberos service name."),
    SASL_GSSAPI_PRINCIPAL(text(), "", "Kerberos principal of this broker."),
    SASL_GSSAPI_KEYTAB_PATH(text(), "", "Its key table."),
    ACL_ENABLED(flag(), "false", "Check every request against the ACLs.", later("Authorization")),

    AUDIT_ENABLED(flag(), "false", "Write an audit log.", later("The audit log")),
    AUDIT_OUTPUT_PATH(text(), "", "Its file, for audit.enabled."),
    AUDIT_MAX_FILE_SIZE(bytes(1, Long.MAX_VALUE), "104857600", "Size at which it is rotated."),
    AUDIT_MAX_BACKUPS(count(0, Integer.MAX_VALUE), "10", "Rotated files kept."),
    AUDIT_MAX_AGE(whole("days", 0, Integer.MAX_VALUE), "30", "Age at which they are deleted."),
    AUDIT_COMPRESS(flag(), "true", "Compress rotated files."),

    LOGGING_LEVEL(
            choice("trace", "debug", "info", "warn", "error"),
            "info",
            "Least important events that are logged.",
            atRunTime()),
    LOGGING_FORMAT(choice("json", "text"), "json", "One JSON object or one line of text an event."),
    LOGGING_OUTPUT_PATH(text(), "", "File that gets the log too; stdout always does."),
    LOGGING_MAX_FILE_SIZE(
            bytes(1024, Long.MAX_VALUE), "104857600", "Size at which the log file is rotated."),
    LOGGING_MAX_BACKUPS(count(1, 20), "10", "Rotated log files kept."),

    METRICS_ENABLED(flag(), "true", "Serve metrics to Prometheus."),
    METRICS_HOST(text(), "0.0.0.0", "Address the metrics are served at."),
    METRICS_PORT(port(), "9090", "Port of the metrics; 0 takes any free one."),
    METRICS_PATH(text(), "/metrics", "Path of the metrics."),
    HEALTH_ENABLED(flag(), "true", "Serve /health, /health/live and /health/ready."),
    HEALTH_HOST(text(), "0.0.0.0", "Address health is served at."),
    HEALTH_PORT(port(), "9091", "Port of health; 0 takes any free one.");

    private final Kind kind;
    private final @Nullable String defaultText;
    private final String about;
    private final List<Trait> traits;

    Setting(Kind kind, @Nullable String defaultText, String about, Trait... traits) {
        this.kind = kind;
        this.defaultText = defaultText;
        this.about = about;
        this.traits = List.of(traits);
    }

    /** As the file writes it, each dot a level of nesting. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '.');
    }

    /** The environment variable that sets it. */
    public String variable() {
        return "TAKHIN_" + name();
    }

    public String about() {
        return about;
    }

    /** Kafka's name for it, where Kafka has it; admin requests use that name. */
    public Optional<String> kafkaName() {
        return traits.stream()
                .filter(Trait.KafkaName.class::isInstance)
                .map(trait -> ((Trait.KafkaName) trait).property())
                .findFirst();
    }

    /** Whether it can change without a restart. */
    public boolean changesAtRunTime() {
        return traits.stream().anyMatch(Trait.AtRunTime.class::isInstance);
    }

    /** The feature that is missing; the setting can then only have its default. */
    Optional<String> missingFeature() {
        return traits.stream()
                .filter(Trait.Later.class::isInstance)
                .map(trait -> ((Trait.Later) trait).feature())
                .findFirst();
    }

    Kind kind() {
        return kind;
    }

    /** The form of its values, for those who show them. */
    public Form form() {
        return switch (kind) {
            case Kind.Text _, Kind.Choice _ -> Form.TEXT;
            case Kind.Flag _ -> Form.FLAG;
            case Kind.Whole _ -> Form.WHOLE;
            case Kind.Ratio _ -> Form.RATIO;
            case Kind.ListOf _ -> Form.LIST;
        };
    }

    /** What a value looks like. */
    public enum Form {
        TEXT,
        FLAG,
        WHOLE,
        RATIO,
        LIST
    }

    /** In the text form of its kind; null where there is no default. */
    public @Nullable String defaultText() {
        return defaultText;
    }
}
