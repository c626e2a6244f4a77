package io.takhin.metadata;

import io.takhin.metadata.MetadataSettings.Timing;
import io.takhin.metadata.MetadataSettings.Voter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.raft.Endpoints;
import org.apache.kafka.raft.KafkaRaftClient;
import org.apache.kafka.raft.LeaderAndEpoch;
import org.apache.kafka.raft.NetworkChannel;
import org.apache.kafka.raft.QuorumConfig;
import org.apache.kafka.raft.RaftMessage;
import org.apache.kafka.raft.RaftRequest;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.Feature;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node in the Raft quorum: Kafka's Raft client with our log, our vote file and our network
 * under it, and the one thread that drives it.
 */
final class RaftNode {
    /** The listener's name in Kafka's requests between voters; Kafka's own default. */
    static final ListenerName LISTENER = new ListenerName("CONTROLLER");

    private static final Logger log = LoggerFactory.getLogger(RaftNode.class);
    private static final int ELECTION_BACKOFF_MAX_MILLIS = 100;

    private final MetadataSettings settings;
    private final KafkaTime time;
    private final MetadataLog raftLog;
    private final Metrics metrics;
    private final KafkaRaftClient<ApiMessageAndVersion> client;
    private final Faults faults;
    private final RaftThread thread;

    RaftNode(
            MetadataSettings settings,
            StorageFormat format,
            MetadataLog raftLog,
            NetworkChannel channel,
            Surroundings surroundings) {
        this.settings = settings;
        this.time = surroundings.time();
        this.raftLog = raftLog;
        this.metrics = new Metrics(surroundings.time());
        LogContext context = new PlainLogging();
        this.client =
                new KafkaRaftClient<>(
                        OptionalInt.of(settings.nodeId()),
                        format.directoryId(),
                        new MetadataRecordSerde(),
                        channel,
                        raftLog,
                        time,
                        surroundings.timer(),
                        context,
                        settings.isVoter(),
                        format.clusterId(),
                        List.of(),
                        ownEndpoints(settings),
                        Feature.KRAFT_VERSION.supportedVersionRange(),
                        new QuorumConfig(config(settings.timing())));
        this.faults = surroundings.faults();
        this.thread =
                new RaftThread(
                        "raft-" + settings.nodeId(), client, faults.fatal(), surroundings.room());
    }

    /** What all parts of one metadata node share. */
    record Surroundings(KafkaTime time, MetadataTimer timer, Faults faults, DiskRoom room) {}

    /**
     * Reads the log and the vote; a node alone is the leader when this returns.
     *
     * @throws IOException when the log names other voters than a node alone expects, and when the
     *     disk fails
     */
    void initialize(VoteFile voteFile) throws IOException {
        Map<Integer, InetSocketAddress> voters = voterAddresses(settings);
        log.info(
                "Raft initialization node={} role={} voters={} log={}..{}",
                settings.nodeId(),
                settings.isVoter() ? "voter" : "observer",
                voters.entrySet().stream()
                        .map(voter -> voter.getKey() + "@" + voter.getValue())
                        .sorted()
                        .collect(Collectors.joining(",")),
                raftLog.startOffset(),
                raftLog.endOffset().offset());
        try {
            client.initialize(voters, voteFile, metrics, _ -> {});
        } catch (UncheckedIOException | KafkaStorageException e) {
            throw new IOException("the metadata cannot be read or written: " + e.getMessage(), e);
        }
        if (settings.alone() && !leader().isLeader(settings.nodeId())) {
            throw new IOException(
                    "the metadata log in %s names other voters than node %d alone: remove them from the quorum first (kafka-metadata-quorum remove-controller)"
                            .formatted(raftLog.directory(), settings.nodeId()));
        }
    }

    void start() {
        thread.start();
    }

    KafkaRaftClient<ApiMessageAndVersion> client() {
        return client;
    }

    LeaderAndEpoch leader() {
        return client.leaderAndEpoch();
    }

    Quorum.Status status() {
        LeaderAndEpoch leader = client.leaderAndEpoch();
        return new Quorum.Status(role(leader), leader.leaderId(), leader.epoch());
    }

    private Quorum.Role role(LeaderAndEpoch leader) {
        if (faults.diskFailure() != null) {
            return Quorum.Role.OFFLINE;
        }
        if (!settings.isVoter()) {
            return Quorum.Role.OBSERVER;
        }
        if (leader.isLeader(settings.nodeId())) {
            return Quorum.Role.LEADER;
        }
        return leader.leaderId().isPresent() ? Quorum.Role.FOLLOWER : Quorum.Role.CANDIDATE;
    }

    /** A request for the Raft layer, from another voter or from this node itself. */
    CompletableFuture<ApiMessage> handle(ApiMessage request, short version, int correlationId) {
        RaftRequest.Inbound inbound =
                new RaftRequest.Inbound(
                        LISTENER, correlationId, version, request, time.milliseconds());
        client.handle(inbound);
        return inbound.completion.thenApply(RaftMessage::data);
    }

    /**
     * Leaves the quorum: a leader hands over to another voter where there is one. Takes at most
     * five seconds, and so long only when no majority is there.
     */
    void stop() throws InterruptedException {
        thread.stop();
        metrics.close();
        raftLog.close();
    }

    private static Map<Integer, InetSocketAddress> voterAddresses(MetadataSettings settings) {
        List<Voter> voters = settings.alone() ? List.of(settings.self()) : settings.voters();
        return voters.stream()
                .collect(
                        Collectors.toMap(
                                Voter::id,
                                voter ->
                                        InetSocketAddress.createUnresolved(
                                                voter.host(), voter.port())));
    }

    private static Endpoints ownEndpoints(MetadataSettings settings) {
        InetSocketAddress own = voterAddresses(settings).get(settings.nodeId());
        return own == null
                ? Endpoints.empty()
                : Endpoints.fromInetSocketAddresses(Map.of(LISTENER, own));
    }

    private static AbstractConfig config(Timing timing) {
        Map<String, Object> values = new HashMap<>();
        values.put(QuorumConfig.QUORUM_FETCH_TIMEOUT_MS_CONFIG, millis(timing.fetchTimeout()));
        values.put(
                QuorumConfig.QUORUM_ELECTION_TIMEOUT_MS_CONFIG, millis(timing.electionTimeout()));
        values.put(QuorumConfig.QUORUM_ELECTION_BACKOFF_MAX_MS_CONFIG, ELECTION_BACKOFF_MAX_MILLIS);
        values.put(QuorumConfig.QUORUM_LINGER_MS_CONFIG, millis(timing.appendLinger()));
        return new AbstractConfig(QuorumConfig.CONFIG_DEF, values, false);
    }

    private static int millis(Duration duration) {
        return Math.toIntExact(duration.toMillis());
    }
}
