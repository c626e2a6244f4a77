package io.takhin.broker.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Everything this broker was told, checked. An object of this type is always usable: the records
 * refuse what contradicts itself when they are built. What each setting means is said once, in
 * {@link Setting}.
 */
public record BrokerConfig(
        Node node,
        Network network,
        Topics topics,
        Storage storage,
        Replication replication,
        Raft raft,
        Logging logging,
        Metrics metrics,
        Health health) {

    /**
     * Who this broker is.
     *
     * @param brokers ids of all brokers of the cluster, this one among them
     */
    public record Node(int id, List<Integer> brokers, Optional<String> clusterId) {
        public Node {
            if (new HashSet<>(brokers).size() != brokers.size()) {
                throw new InvalidSettingException(
                        Setting.KAFKA_CLUSTER_BROKERS, "names a broker twice: " + brokers);
            }
            if (!brokers.contains(id)) {
                throw new InvalidSettingException(
                        Setting.KAFKA_BROKER_ID,
                        "is " + id + ", which is not in kafka.cluster.brokers " + brokers);
            }
            clusterId.ifPresent(Node::checkClusterId);
        }

        /** No other broker exists: no quorum to find, no port for it. */
        public boolean isAlone() {
            return brokers.size() == 1;
        }

        /** Sixteen bytes in URL-safe Base64 without padding, as Kafka writes ids. */
        private static void checkClusterId(String id) {
            if (!id.matches("[A-Za-z0-9_-]{22}")) {
                throw new InvalidSettingException(
                        Setting.KAFKA_CLUSTER_ID,
                        "must be 22 letters, digits, _ or -, not '" + id + "'");
            }
        }
    }

    /**
     * The client side.
     *
     * @param listeners at least one; port 0 takes any free one
     * @param advertisedHost what clients are told
     * @param advertisedPort empty: the port the first listener is bound to
     * @param messageBytesMax largest record batch, where the topic does not say otherwise
     * @param requestTimeout longest wait for another broker or the controller
     * @param idleMax a connection idle for longer is closed
     */
    public record Network(
            List<HostAndPort> listeners,
            String advertisedHost,
            OptionalInt advertisedPort,
            int messageBytesMax,
            int requestBytesMax,
            int connectionsMax,
            Duration requestTimeout,
            Duration idleMax) {
        public Network {
            if (HostAndPort.isAnyAddress(advertisedHost)) {
                throw new InvalidSettingException(
                        Setting.KAFKA_ADVERTISED_HOST,
                        "must be one address that clients can connect to, not " + advertisedHost);
            }
            if (messageBytesMax > requestBytesMax) {
                throw new InvalidSettingException(
                        Setting.KAFKA_MAX_MESSAGE_BYTES,
                        "must not be larger than kafka.max.request.bytes, " + requestBytesMax);
            }
        }
    }

    /** What a new topic gets when its creator does not say. */
    public record Topics(boolean autoCreate, int partitions, int offsetsPartitions) {}

    /**
     * The data directory and how logs in it are written and kept.
     *
     * @param retentionMillis -1: for ever
     * @param retentionBytes of one partition; -1: no limit
     * @param flushOnAck whether acks=all waits for the disk
     * @param flushInterval longest time records nobody waits for stay unflushed
     * @param flushMessages most records of a partition that stay unflushed
     */
    public record Storage(
            Path dataDir,
            long segmentBytes,
            long retentionMillis,
            long retentionBytes,
            Duration cleanupInterval,
            boolean flushOnAck,
            Duration flushInterval,
            long flushMessages,
            Reserve reserve,
            Compaction compaction) {
        public Storage {
            if (retentionMillis == 0) {
                throw new InvalidSettingException(
                        Setting.STORAGE_LOG_RETENTION_HOURS,
                        "must be at least 1, or -1 to keep records for ever");
            }
        }
    }

    /** What of the disk stays free: so many bytes, but no more than a share of it. */
    public record Reserve(long bytes, int percentMax) {}

    /**
     * When logs are compacted, and what that may cost.
     *
     * @param cleanableRatioMin a share of the log, 0 to 1
     * @param mapBytesMax memory for the keys of one run
     * @param bytesPerSecond read and written; 0: no limit
     */
    public record Compaction(
            boolean enabled,
            Duration interval,
            double cleanableRatioMin,
            long mapBytesMax,
            long bytesPerSecond) {}

    /** How followers copy. */
    public record Replication(
            int defaultFactor, Duration lagMax, Duration fetchWaitMax, int fetchBytesMax) {}

    /**
     * This broker's part in the metadata quorum.
     *
     * @param voters in the order of their ids in {@code kafka.cluster.brokers}; empty when the
     *     broker is alone and none were named: it is then its own quorum
     * @param advertised where the others reach this broker's Raft port; empty when it is alone
     * @param fetchTimeout silence after which a member looks for a new leader
     * @param appendLinger how long the leader gathers changes before it writes them
     */
    public record Raft(
            HostAndPort bind,
            Optional<HostAndPort> advertised,
            List<RaftVoter> voters,
            Duration fetchTimeout,
            Duration appendLinger) {
        public Raft {
            if (advertised.filter(HostAndPort::isAnyAddress).isPresent()) {
                throw new InvalidSettingException(
                        Setting.RAFT_ADVERTISE_ADDR,
                        "must be one address that the other brokers can connect to");
            }
        }
    }

    /** A voting member of the metadata quorum. */
    public record RaftVoter(int id, HostAndPort address) {}

    /** How events are logged; the level is that of the start, it may change later. */
    public record Logging(
            String level, boolean json, Optional<Path> file, long fileBytesMax, int backupsMax) {}

    /** Where metrics are served. */
    public record Metrics(boolean enabled, HostAndPort address, String path) {
        public Metrics {
            if (!path.startsWith("/")) {
                throw new InvalidSettingException(
                        Setting.METRICS_PATH, "must begin with /, not '" + path + "'");
            }
        }
    }

    /** Where health is served. */
    public record Health(boolean enabled, HostAndPort address) {}
}
