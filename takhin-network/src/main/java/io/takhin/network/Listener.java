package io.takhin.network;

import io.takhin.protocol.AnnouncedApis;
import io.takhin.protocol.RequestDecoder;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts clients at one address and spreads them over the event loops.
 *
 * <p>Threads: accepts on one of the event loops; {@link #close} from any.
 */
public final class Listener implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Listener.class);

    /** After this many the loop looks at its other sockets again. */
    private static final int ACCEPTED_AT_ONCE = 64;

    private static final Duration PAUSE_AFTER_ERROR = Duration.ofMillis(100);

    private final EventLoops loops;
    private final ListenerSettings settings;
    private final RequestDecoder decoder;
    private final RequestHandler handler;
    private final TrafficObserver observer;
    private final BoundSocket socket;
    private final EventLoop acceptor;
    private final AtomicInteger connections = new AtomicInteger();
    private final Refusals refusals;

    private Listener(
            EventLoops loops,
            ListenerSettings settings,
            BoundSocket socket,
            AnnouncedApis apis,
            RequestHandler handler,
            TrafficObserver observer) {
        this.loops = loops;
        this.settings = settings;
        this.decoder = new RequestDecoder(apis);
        this.handler = handler;
        this.observer = observer;
        this.acceptor = loops.next();
        this.socket = socket;
        this.refusals = new Refusals(settings.name(), acceptor);
    }

    /** Listens from now on. A {@link BindException} says in words why it cannot. */
    public static Listener open(
            EventLoops loops,
            ListenerSettings settings,
            AnnouncedApis apis,
            RequestHandler handler,
            TrafficObserver observer)
            throws IOException {
        return open(loops, settings, BoundSocket.bind(settings.bind()), apis, handler, observer);
    }

    /** The same on a socket that was bound before; it belongs to the listener from now on. */
    public static Listener open(
            EventLoops loops,
            ListenerSettings settings,
            BoundSocket socket,
            AnnouncedApis apis,
            RequestHandler handler,
            TrafficObserver observer) {
        Listener listener = new Listener(loops, settings, socket, apis, handler, observer);
        listener.acceptor.execute(listener::startAccepting);
        return listener;
    }

    /** Where it listens, with the port it got. */
    public InetSocketAddress address() {
        return socket.address();
    }

    /** How many connections are open. */
    public int connections() {
        return connections.get();
    }

    String name() {
        return settings.name();
    }

    EventLoops loops() {
        return loops;
    }

    RequestDecoder decoder() {
        return decoder;
    }

    RequestHandler handler() {
        return handler;
    }

    TrafficObserver observer() {
        return observer;
    }

    /** Stops listening and closes the connections. The address is free when this returns. */
    @Override
    public void close() {
        acceptor.executeAndWait(this::stopAccepting);
        loops.forEach(loop ->
                loop.executeAndWait(
                        () -> loop.attached(Connection.class).forEach(this::closeIfMine)));
    }

    void onClosed() {
        settings.limit().giveBack();
        connections.decrementAndGet();
        observer.connectionClosed();
    }

    private void closeIfMine(Connection connection) {
        if (connection.isOf(this)) {
            connection.abandon();
        }
    }

    private void startAccepting() {
        try {
            acceptor.register(socket.channel(), SelectionKey.OP_ACCEPT, new Acceptor());
        } catch (IOException e) {
            log.error("listener {} cannot accept", name(), e);
        }
    }

    private void stopAccepting() {
        try {
            acceptor.closeNow(socket.channel());
        } catch (IOException e) {
            log.warn("cannot close listener {}", name(), e);
        }
    }

    private void acceptSome() throws IOException {
        SocketChannel client = socket.accept();
        for (int i = 1; client != null && i <= ACCEPTED_AT_ONCE; i++) {
            admit(client);
            client = i < ACCEPTED_AT_ONCE ? socket.accept() : null;
        }
    }

    private void admit(SocketChannel client) throws IOException {
        if (!settings.limit().take()) {
            client.close();
            observer.connectionRefused();
            refusals.beyond(settings.limit());
            return;
        }
        connections.incrementAndGet();
        observer.connectionOpened();
        EventLoop loop = loops.next();
        loop.execute(() -> open(client, loop));
    }

    private void open(SocketChannel client, EventLoop loop) {
        try {
            client.configureBlocking(false);
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            client.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            new Connection(loops.nextConnectionId(), this, loop, client).open();
        } catch (IOException e) {
            log.debug("a client of {} was gone at once", name(), e);
            closeQuietly(client);
            onClosed();
        }
    }

    /** Most likely out of file descriptors: the backlog would make the loop spin. */
    private void pause(SelectionKey key, IOException cause) {
        refusals.failed(cause);
        key.interestOps(0);
        acceptor.executeAfter(
                PAUSE_AFTER_ERROR,
                () -> {
                    if (key.isValid()) {
                        key.interestOps(SelectionKey.OP_ACCEPT);
                    }
                });
    }

    private static void closeQuietly(SocketChannel client) {
        try {
            client.close();
        } catch (IOException e) {
            log.debug("cannot close a socket", e);
        }
    }

    /** The place of the listener on its event loop. */
    private final class Acceptor implements EventLoop.Attached {
        @Override
        public void onReady(SelectionKey key) {
            try {
                acceptSome();
            } catch (IOException e) {
                pause(key, e);
            }
        }

        @Override
        public void abandon() {
            stopAccepting();
        }
    }
}
