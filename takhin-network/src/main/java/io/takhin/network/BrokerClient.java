package io.takhin.network;

import io.takhin.base.Threads;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;

/**
 * Speaks Kafka to one other broker over one connection, which it opens when it is first needed and
 * again after it was lost. Requests go out in the order of the calls, many at a time; the peer
 * answers them in that order, so what must not wait for a long poll gets a client of its own.
 *
 * <p>Threads: any. Futures are completed on an event loop: what hangs on them must not block.
 */
public final class BrokerClient implements AutoCloseable {
    private final EventLoop loop;
    private final PeerLink link;

    /**
     * Connects to nothing yet.
     *
     * @param address looked up again for each connection when it is unresolved
     */
    public BrokerClient(EventLoops loops, String clientId, InetSocketAddress address) {
        this.loop = loops.next();
        this.link = new PeerLink(loop, clientId, address);
    }

    /**
     * Sends a request in the newest version that both sides know.
     *
     * <p>The future fails with Kafka's {@link DisconnectException} when the connection cannot be
     * made or is lost, at once while a failed attempt is less than the backoff ago; with its {@code
     * TimeoutException} when time runs out, which costs the connection if the request was sent; and
     * with its {@code UnsupportedVersionException} when the peer knows no version of it. Records in
     * an answer lie in memory of their own.
     */
    public CompletableFuture<ApiMessage> send(
            AbstractRequest.Builder<?> request, Duration timeout) {
        PeerCall call = new PeerCall(request, timeout);
        loop.execute(() -> link.send(call));
        return call.future();
    }

    /** Fails what is in flight and everything that is sent later. */
    @Override
    public void close() {
        loop.execute(link::close);
    }

    /** Looks an address up if need be, on a thread that may wait for it. */
    static void resolve(InetSocketAddress address, Consumer<InetSocketAddress> then) {
        if (address.isUnresolved()) {
            Threads.startVirtual(
                    "takhin-resolve",
                    () ->
                            then.accept(
                                    new InetSocketAddress(
                                            address.getHostString(), address.getPort())));
        } else {
            then.accept(address);
        }
    }
}
