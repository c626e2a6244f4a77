package io.takhin.metadata;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchSnapshotRequestData;
import org.apache.kafka.common.message.VoteRequestData;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.raft.NetworkChannel;
import org.apache.kafka.raft.RaftRequest;
import org.apache.kafka.raft.RaftResponse;
import org.apache.kafka.raft.RaftUtil;
import org.jspecify.annotations.Nullable;

/**
 * What the Raft client sends to other voters.
 *
 * <p>Threads: the Raft thread sends; answers come on the network's.
 */
final class RaftPeers implements NetworkChannel {
    private static final int FETCH_WAITS_PER_TIMEOUT = 3;

    private final Peers peers;
    private final VoteGuard guard;
    private final int fetchWaitMaxMillis;
    private final Duration timeout;
    private final AtomicInteger correlationIds = new AtomicInteger();

    RaftPeers(Peers peers, VoteGuard guard, Duration fetchTimeout) {
        this.peers = peers;
        this.guard = guard;
        // An idle leader answers a fetch only when its wait is over, and the follower starts an
        // election when no answer came within the fetch timeout: there must be several in one.
        this.fetchWaitMaxMillis =
                Math.toIntExact(fetchTimeout.toMillis() / FETCH_WAITS_PER_TIMEOUT);
        this.timeout = fetchTimeout.multipliedBy(2);
    }

    @Override
    public int newCorrelationId() {
        return correlationIds.incrementAndGet();
    }

    @Override
    public void send(RaftRequest.Outbound request) {
        ApiMessage message = request.data();
        if (message instanceof VoteRequestData && !guard.mayVote()) {
            settle(request, null, null);
            return;
        }
        if (message instanceof FetchRequestData fetch) {
            fetch.setMaxWaitMs(Math.min(fetch.maxWaitMs(), fetchWaitMaxMillis));
        }
        InetSocketAddress peer =
                InetSocketAddress.createUnresolved(
                        request.destination().host(), request.destination().port());
        var _ =
                peers.send(peer, purposeOf(message), PlainRequest.of(message), timeout)
                        .whenComplete((answer, error) -> settle(request, answer, error));
    }

    private static Peers.Purpose purposeOf(ApiMessage message) {
        return switch (message) {
            case FetchRequestData _ -> Peers.Purpose.REPLICATION;
            case FetchSnapshotRequestData _ -> Peers.Purpose.REPLICATION;
            default -> Peers.Purpose.ELECTION;
        };
    }

    /** Every request ends in an answer: a peer that owes one is not asked again for long. */
    private static void settle(
            RaftRequest.Outbound request, @Nullable ApiMessage answer, @Nullable Throwable error) {
        ApiMessage settled =
                answer != null
                        ? answer
                        : RaftUtil.errorResponse(
                                ApiKeys.forId(request.data().apiKey()), errorFor(error));
        request.completion.complete(
                new RaftResponse.Inbound(request.correlationId(), settled, request.destination()));
    }

    private static Errors errorFor(@Nullable Throwable error) {
        Throwable cause = error == null ? null : QuorumAccess.unwrap(error);
        return switch (cause) {
            case TimeoutException _ -> Errors.REQUEST_TIMED_OUT;
            case UnsupportedVersionException _ -> Errors.UNSUPPORTED_VERSION;
            case null, default -> Errors.BROKER_NOT_AVAILABLE;
        };
    }

    @Override
    public ListenerName listenerName() {
        return RaftNode.LISTENER;
    }

    @Override
    public void close() {
        peers.close();
    }
}
