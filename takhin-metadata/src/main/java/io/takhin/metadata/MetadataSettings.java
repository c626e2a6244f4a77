package io.takhin.metadata;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the metadata node of one process has to know. An object of this type is always valid.
 *
 * @param nodeId of this broker, and of its voter if it is one
 * @param clusterId what the directory must belong to; null: what the directory says, and at the
 *     first start a name derived from the voters (a random one on a node alone)
 * @param directory the data directory; the caller holds its lock
 * @param voters the quorum's members in the order of {@code raft.peers}; empty: this node alone
 * @param raftBind where voters listen for each other; null where there are no voters
 * @param broker what this broker registers
 * @param timing the quorum's timeouts
 * @param topicDefaults defaults for topics that were configured on this broker, by Kafka's broker
 *     property names ({@code log.retention.ms}, {@code min.insync.replicas} …)
 * @param rules for settings beyond Kafka's own
 */
public record MetadataSettings(
        int nodeId,
        @Nullable String clusterId,
        Path directory,
        List<Voter> voters,
        @Nullable InetSocketAddress raftBind,
        BrokerEndpoint broker,
        Timing timing,
        Map<String, String> topicDefaults,
        SettingRules rules) {

    public MetadataSettings {
        voters = List.copyOf(voters);
        topicDefaults = Map.copyOf(topicDefaults);
        if (nodeId < 0) {
            throw new IllegalArgumentException("the node id is negative: " + nodeId);
        }
        if (voters.stream().map(Voter::id).distinct().count() != voters.size()) {
            throw new IllegalArgumentException("a node id votes twice: " + voters);
        }
        if (raftBind == null && voters.stream().anyMatch(voter -> voter.id() == nodeId)) {
            throw new IllegalArgumentException("a voter among others needs an address to bind");
        }
    }

    /** This node alone is the quorum: no port is opened, nothing is sent. */
    public boolean alone() {
        return voters.isEmpty();
    }

    /** Whether this node votes; others only follow the quorum. */
    public boolean isVoter() {
        return alone() || voters.stream().anyMatch(voter -> voter.id() == nodeId);
    }

    /** This node among the voters. Alone it has an address only because Kafka wants one. */
    Voter self() {
        return voters.stream()
                .filter(voter -> voter.id() == nodeId)
                .findFirst()
                .orElseGet(() -> new Voter(nodeId, "127.0.0.1", 1));
    }

    /** A member of the quorum and where the others reach it. */
    public record Voter(int id, String host, int port) {}

    /** Where clients and other brokers reach this broker. */
    public record BrokerEndpoint(String listener, String host, int port, @Nullable String rack) {}

    /**
     * The quorum's timeouts.
     *
     * @param fetchTimeout a follower that hears nothing for so long starts an election, and a
     *     leader that is not asked by a majority for longer resigns ({@code
     *     raft.heartbeat.timeout.ms})
     * @param electionTimeout how long a candidate waits for votes (once to twice of it, at random)
     * @param appendLinger how long records are gathered before they are written ({@code
     *     raft.commit.timeout.ms})
     * @param session a broker not heard of for so long is fenced
     * @param heartbeat how often a broker reports
     * @param idleRecords how often an idle controller writes a record; zero: never
     * @param snapshotBytes a snapshot is due after so many bytes of new records
     * @param snapshotAge and after so long
     */
    public record Timing(
            Duration fetchTimeout,
            Duration electionTimeout,
            Duration appendLinger,
            Duration session,
            Duration heartbeat,
            Duration idleRecords,
            long snapshotBytes,
            Duration snapshotAge) {
        private static final long SNAPSHOT_BYTES = 20L << 20;

        /**
         * For a node that is its own quorum. No idle records, so that idle costs nothing. Nobody
         * takes over from this broker, and its own restart does not wait for the session (ADR 22):
         * it is long, so that a busy controller does not fence the only broker there is.
         */
        public static Timing alone() {
            return new Timing(
                    Duration.ofMillis(1000),
                    Duration.ofMillis(300),
                    Duration.ofMillis(5),
                    Duration.ofMillis(9000),
                    Duration.ofMillis(2000),
                    Duration.ZERO,
                    SNAPSHOT_BYTES,
                    Duration.ofHours(1));
        }

        /** For several voters: calm enough for a busy machine, dead brokers replaced in 4 s. */
        public static Timing cluster() {
            return new Timing(
                    Duration.ofMillis(1000),
                    Duration.ofMillis(300),
                    Duration.ofMillis(5),
                    Duration.ofMillis(3000),
                    Duration.ofMillis(500),
                    Duration.ofMillis(500),
                    SNAPSHOT_BYTES,
                    Duration.ofHours(1));
        }

        public Timing withFetchTimeout(Duration timeout) {
            return new Timing(
                    timeout,
                    electionTimeout,
                    appendLinger,
                    session,
                    heartbeat,
                    idleRecords,
                    snapshotBytes,
                    snapshotAge);
        }

        public Timing withAppendLinger(Duration linger) {
            return new Timing(
                    fetchTimeout,
                    electionTimeout,
                    linger,
                    session,
                    heartbeat,
                    idleRecords,
                    snapshotBytes,
                    snapshotAge);
        }
    }
}
