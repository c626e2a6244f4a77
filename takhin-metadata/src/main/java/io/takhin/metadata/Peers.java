package io.takhin.metadata;

import io.takhin.network.BrokerClient;
import io.takhin.network.EventLoops;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;

/**
 * The links to the other voters: one for each purpose, because a peer answers a link's requests in
 * order and a fetch may be parked there for long.
 *
 * <p>Threads: any.
 */
final class Peers implements AutoCloseable {
    private final EventLoops loops;
    private final String clientId;
    private final ConcurrentHashMap<Link, BrokerClient> clients = new ConcurrentHashMap<>();

    Peers(EventLoops loops, int nodeId) {
        this.loops = loops;
        this.clientId = "node-" + nodeId;
    }

    enum Purpose {
        REPLICATION,
        ELECTION,
        MEMBERSHIP,
        FORWARDING,
        PROBING
    }

    private record Link(String host, int port, Purpose purpose) {}

    /** As {@link BrokerClient#send}. */
    CompletableFuture<ApiMessage> send(
            InetSocketAddress peer,
            Purpose purpose,
            AbstractRequest.Builder<?> request,
            Duration timeout) {
        Link link = new Link(peer.getHostString(), peer.getPort(), purpose);
        return clients.computeIfAbsent(link, this::client).send(request, timeout);
    }

    private BrokerClient client(Link link) {
        return new BrokerClient(
                loops, clientId, InetSocketAddress.createUnresolved(link.host(), link.port()));
    }

    @Override
    public void close() {
        clients.values().forEach(BrokerClient::close);
    }
}
