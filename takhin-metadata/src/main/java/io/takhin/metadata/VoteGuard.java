package io.takhin.metadata;

import io.takhin.metadata.MetadataSettings.Voter;
import io.takhin.metadata.RaftNode.Surroundings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a voter that came with an empty disk from voting before it knows what it may have
 * forgotten: its old self may have been one of the majority that committed a record. It may vote
 * once so many voters are empty too that this is a new cluster, or once its log reaches what the
 * leader had committed when it was asked (ADR 23).
 *
 * <p>Threads: {@link #mayVote} any; the rest on the metadata timer's thread and the network's.
 */
final class VoteGuard {
    private static final Logger log = LoggerFactory.getLogger(VoteGuard.class);
    private static final String MARKER = "votes-withheld";
    private static final Duration CHECK_PERIOD = Duration.ofMillis(200);

    private final MetadataSettings settings;
    private final Path marker;
    private final Surroundings surroundings;
    private final Set<Integer> emptyPeers = ConcurrentHashMap.newKeySet();
    private volatile boolean withheld;
    private volatile long committedByLeader = -1;

    private VoteGuard(
            MetadataSettings settings, Path marker, Surroundings surroundings, boolean withheld) {
        this.settings = settings;
        this.marker = marker;
        this.surroundings = surroundings;
        this.withheld = withheld;
    }

    /**
     * To be called before the directory is formatted: what is withheld stays so over a crash.
     *
     * @param fresh whether the directory is empty
     */
    static VoteGuard open(MetadataSettings settings, boolean fresh, Surroundings surroundings)
            throws IOException {
        Path marker = settings.directory().resolve(MARKER);
        if (fresh && !settings.alone() && settings.isVoter()) {
            Files.createDirectories(settings.directory());
            Files.writeString(marker, "");
            VoteFile.syncDirectory(settings.directory());
        }
        return new VoteGuard(settings, marker, surroundings, !Files.notExists(marker));
    }

    boolean mayVote() {
        return !withheld;
    }

    void start(Peers peers, RaftNode raft) {
        if (withheld) {
            log.info("the disk was empty, votes are withheld node={}", settings.nodeId());
            surroundings.timer().execute(() -> check(peers, raft));
        }
    }

    private void check(Peers peers, RaftNode raft) {
        if (isNewCluster() || hasCaughtUp(raft)) {
            release();
            return;
        }
        OptionalInt leader = raft.leader().leaderId();
        for (Voter voter : settings.voters()) {
            if (leader.isPresent() && leader.getAsInt() == voter.id()) {
                askForCommitted(peers, voter);
            } else if (leader.isEmpty() && voter.id() != settings.nodeId()) {
                askWhetherEmpty(peers, voter);
            }
        }
        surroundings.timer().after(CHECK_PERIOD, () -> check(peers, raft));
    }

    private boolean isNewCluster() {
        return 1 + emptyPeers.size() > settings.voters().size() / 2;
    }

    private boolean hasCaughtUp(RaftNode raft) {
        return committedByLeader >= 0 && raft.client().logEndOffset() >= committedByLeader;
    }

    private void askWhetherEmpty(Peers peers, Voter voter) {
        ApiVersionsRequestData request =
                new ApiVersionsRequestData()
                        .setClientSoftwareName("takhin")
                        .setClientSoftwareVersion("1");
        ask(peers, voter, request, answer -> noteWhetherEmpty(voter, answer));
    }

    private void noteWhetherEmpty(Voter voter, ApiMessage answer) {
        ApiVersionsResponseData response = (ApiVersionsResponseData) answer;
        boolean empty =
                response.errorCode() == Errors.NONE.code() && response.finalizedFeaturesEpoch() < 0;
        if (empty) {
            emptyPeers.add(voter.id());
        } else {
            emptyPeers.remove(voter.id());
        }
    }

    private void askForCommitted(Peers peers, Voter leader) {
        DescribeQuorumRequestData request =
                new DescribeQuorumRequestData()
                        .setTopics(
                                List.of(
                                        new DescribeQuorumRequestData.TopicData()
                                                .setTopicName(MetadataLog.PARTITION.topic())
                                                .setPartitions(
                                                        List.of(
                                                                new DescribeQuorumRequestData
                                                                        .PartitionData()))));
        ask(peers, leader, request, this::noteCommitted);
    }

    private void noteCommitted(ApiMessage answer) {
        DescribeQuorumResponseData response = (DescribeQuorumResponseData) answer;
        if (response.errorCode() != Errors.NONE.code()) {
            return;
        }
        PartitionData partition = response.topics().getFirst().partitions().getFirst();
        if (partition.errorCode() == Errors.NONE.code() && partition.highWatermark() >= 0) {
            committedByLeader = partition.highWatermark();
        }
    }

    private static void ask(
            Peers peers, Voter voter, ApiMessage request, Consumer<ApiMessage> onAnswer) {
        InetSocketAddress peer = InetSocketAddress.createUnresolved(voter.host(), voter.port());
        var _ =
                peers.send(peer, Peers.Purpose.PROBING, PlainRequest.of(request), CHECK_PERIOD)
                        .whenComplete((answer, error) -> settle(answer, error, onAnswer));
    }

    /** A voter that does not answer is asked again with the next check. */
    private static void settle(
            @Nullable ApiMessage answer, @Nullable Throwable error, Consumer<ApiMessage> onAnswer) {
        if (answer != null && error == null) {
            onAnswer.accept(answer);
        }
    }

    private void release() {
        try {
            Files.deleteIfExists(marker);
        } catch (IOException e) {
            log.warn("cannot delete {}, votes are withheld again after a restart", marker, e);
        }
        withheld = false;
        log.info(
                "votes are given from now on node={} reason={}",
                settings.nodeId(),
                isNewCluster() ? "new cluster" : "caught up to " + committedByLeader);
    }
}
