package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.metadata.MetadataSettings.BrokerEndpoint;
import io.takhin.metadata.MetadataSettings.Timing;
import io.takhin.metadata.MetadataSettings.Voter;
import io.takhin.network.EventLoops;
import io.takhin.network.Exchange;
import io.takhin.network.Listener;
import io.takhin.network.ListenerSettings;
import io.takhin.network.NetworkSettings;
import io.takhin.network.TrafficObserver;
import io.takhin.protocol.AnnouncedApis;
import io.takhin.protocol.ApiRange;
import io.takhin.protocol.ApiVersionsAnswer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.message.BeginQuorumEpochRequestData;
import org.apache.kafka.common.message.BeginQuorumEpochResponseData;
import org.apache.kafka.common.message.EndQuorumEpochRequestData;
import org.apache.kafka.common.message.EndQuorumEpochResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchSnapshotRequestData;
import org.apache.kafka.common.message.FetchSnapshotResponseData;
import org.apache.kafka.common.message.VoteRequestData;
import org.apache.kafka.common.message.VoteResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.raft.RaftRequest;
import org.apache.kafka.raft.RaftResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another voter on a loopback port, from which nothing is taken for granted. */
final class RaftPeersTest {
    private static final Duration FETCH_TIMEOUT = Duration.ofMillis(900);
    private static final AnnouncedApis OLDER_RELEASE =
            AnnouncedApis.of(
                    List.of(
                            ApiRange.stable(ApiKeys.API_VERSIONS),
                            ApiRange.stable(ApiKeys.FETCH),
                            new ApiRange(ApiKeys.VOTE, (short) 0, (short) 1)));

    @TempDir Path directory;

    private final BlockingQueue<Exchange> arrived = new LinkedBlockingQueue<>();
    private final MetadataTimer timer = new MetadataTimer();
    private EventLoops loops;
    private Listener peer;
    private RaftPeers peers;

    @BeforeEach
    void listen() throws IOException {
        loops = EventLoops.start(NetworkSettings.defaults().withEventLoops(1), Clock.SYSTEM);
        ApiVersionsAnswer versions =
                new ApiVersionsAnswer(OLDER_RELEASE, Features.emptySupportedFeatures());
        peer =
                Listener.open(
                        loops,
                        new ListenerSettings(
                                "RAFT",
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                100),
                        OLDER_RELEASE,
                        exchange -> {
                            if (exchange.request().apiKey() == ApiKeys.API_VERSIONS) {
                                exchange.reply(versions.to(exchange.request(), Map.of(), -1));
                            } else {
                                arrived.add(exchange);
                            }
                        },
                        TrafficObserver.NONE);
        peers = raftPeers(false);
    }

    @AfterEach
    void stop() {
        peers.close();
        peer.close();
        loops.close();
        timer.close();
    }

    @Test
    void eachRequestEndsInAnAnswerWhereNobodyListens() throws Exception {
        Node nobody = new Node(2, "localhost", freePort());
        RaftResponse.Inbound vote = answer(send(new VoteRequestData(), nobody));
        RaftResponse.Inbound fetch = answer(send(new FetchRequestData(), nobody));
        RaftResponse.Inbound snapshot = answer(send(new FetchSnapshotRequestData(), nobody));
        RaftResponse.Inbound begin = answer(send(new BeginQuorumEpochRequestData(), nobody));
        RaftResponse.Inbound end = answer(send(new EndQuorumEpochRequestData(), nobody));

        short unavailable = Errors.BROKER_NOT_AVAILABLE.code();
        assertThat(((VoteResponseData) vote.data()).errorCode()).isEqualTo(unavailable);
        assertThat(((FetchResponseData) fetch.data()).errorCode()).isEqualTo(unavailable);
        assertThat(((FetchSnapshotResponseData) snapshot.data()).errorCode())
                .isEqualTo(unavailable);
        assertThat(((BeginQuorumEpochResponseData) begin.data()).errorCode())
                .isEqualTo(unavailable);
        assertThat(((EndQuorumEpochResponseData) end.data()).errorCode()).isEqualTo(unavailable);
        assertThat(vote.source()).isEqualTo(nobody);
    }

    @Test
    void aPeerThatIsSilentIsAnsweredForInTime() throws Exception {
        RaftRequest.Outbound fetch = send(new FetchRequestData(), peerNode());
        assertThat(next().request().apiKey()).isEqualTo(ApiKeys.FETCH);

        RaftResponse.Inbound answer = answer(fetch);

        assertThat(((FetchResponseData) answer.data()).errorCode())
                .isEqualTo(Errors.REQUEST_TIMED_OUT.code());
        assertThat(answer.correlationId()).isEqualTo(fetch.correlationId());
    }

    @Test
    void aPeerThatHangsUpIsAnsweredFor() throws Exception {
        RaftRequest.Outbound fetch = send(new FetchRequestData(), peerNode());

        next().disconnect("test");

        assertThat(((FetchResponseData) answer(fetch).data()).errorCode())
                .isEqualTo(Errors.BROKER_NOT_AVAILABLE.code());
    }

    @Test
    void anIdleLeaderIsMadeToAnswerSeveralTimesWithinTheFetchTimeout() throws Exception {
        send(new FetchRequestData().setMaxWaitMs(500), peerNode());
        assertThat(((FetchRequestData) next().request().body()).maxWaitMs()).isEqualTo(300);

        send(new FetchRequestData().setMaxWaitMs(100), peerNode());
        assertThat(((FetchRequestData) next().request().body()).maxWaitMs()).isEqualTo(100);
    }

    @Test
    void aFetchThatIsParkedHoldsUpNoVote() throws Exception {
        RaftRequest.Outbound fetch = send(new FetchRequestData(), peerNode());
        Exchange parked = next();

        RaftRequest.Outbound vote = send(new VoteRequestData(), peerNode());
        next().reply(new VoteResponseData().setErrorCode(Errors.UNKNOWN_LEADER_EPOCH.code()));

        assertThat(((VoteResponseData) answer(vote).data()).errorCode())
                .isEqualTo(Errors.UNKNOWN_LEADER_EPOCH.code());
        assertThat(fetch.completion).isNotDone();
        parked.reply(new FetchResponseData());
        assertThat(((FetchResponseData) answer(fetch).data()).errorCode())
                .isEqualTo(Errors.NONE.code());
    }

    @Test
    void aPeerOfAnOlderReleaseIsAskedInItsVersions() throws Exception {
        send(new VoteRequestData(), peerNode());
        assertThat(next().request().version())
                .isEqualTo((short) 1)
                .isLessThan(ApiKeys.VOTE.latestVersion(false));

        RaftRequest.Outbound unknown = send(new EndQuorumEpochRequestData(), peerNode());
        assertThat(((EndQuorumEpochResponseData) answer(unknown).data()).errorCode())
                .isEqualTo(Errors.UNSUPPORTED_VERSION.code());
    }

    @Test
    void aVoterThatLostItsDiskAsksForNoVotes() throws Exception {
        try (RaftPeers withheld = raftPeers(true)) {
            RaftRequest.Outbound vote = send(withheld, new VoteRequestData(), peerNode());
            RaftRequest.Outbound fetch = send(withheld, new FetchRequestData(), peerNode());

            assertThat(((VoteResponseData) answer(vote).data()).errorCode())
                    .isEqualTo(Errors.BROKER_NOT_AVAILABLE.code());
            assertThat(next().request().apiKey()).isEqualTo(ApiKeys.FETCH);
            assertThat(arrived).isEmpty();
            assertThat(fetch.completion).isNotDone();
        }
    }

    private RaftPeers raftPeers(boolean emptyDisk) throws IOException {
        RaftNode.Surroundings surroundings =
                new RaftNode.Surroundings(
                        new KafkaTime(Clock.SYSTEM),
                        timer,
                        new Faults(_ -> {}),
                        new DiskRoom(Path.of("")));
        return new RaftPeers(
                new Peers(loops, 1),
                VoteGuard.open(settings(), emptyDisk, surroundings),
                FETCH_TIMEOUT);
    }

    private MetadataSettings settings() {
        return new MetadataSettings(
                1,
                null,
                directory,
                List.of(
                        new Voter(1, "localhost", 7001),
                        new Voter(2, "localhost", 7002),
                        new Voter(3, "localhost", 7003)),
                new InetSocketAddress("localhost", 7001),
                new BrokerEndpoint("PLAINTEXT", "localhost", 9092, null),
                Timing.cluster(),
                Map.of(),
                SettingRules.NONE);
    }

    private Node peerNode() {
        return new Node(2, "localhost", peer.address().getPort());
    }

    private RaftRequest.Outbound send(ApiMessage message, Node destination) {
        return send(peers, message, destination);
    }

    private static RaftRequest.Outbound send(
            RaftPeers peers, ApiMessage message, Node destination) {
        RaftRequest.Outbound request =
                new RaftRequest.Outbound(peers.newCorrelationId(), message, destination, 0);
        peers.send(request);
        return request;
    }

    private Exchange next() throws InterruptedException {
        Exchange exchange = arrived.poll(10, TimeUnit.SECONDS);
        assertThat(exchange).isNotNull();
        return exchange;
    }

    private static RaftResponse.Inbound answer(RaftRequest.Outbound request) throws Exception {
        return request.completion.get(10, TimeUnit.SECONDS);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
