package io.takhin.network;

import io.takhin.network.Outbox.Outcome;
import io.takhin.protocol.MalformedFrameException;
import io.takhin.protocol.ResponseDecoder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.requests.RequestHeader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection of a {@link BrokerClient}: none, being made, finding out what the peer speaks, or
 * ready.
 *
 * <p>Threads: its event loop.
 */
final class PeerLink implements EventLoop.Attached {
    private static final Logger log = LoggerFactory.getLogger(PeerLink.class);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration BACKOFF_MIN = Duration.ofMillis(50);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(1);

    private final EventLoop loop;
    private final String clientId;
    private final InetSocketAddress address;

    /** Calls that wait for the connection. */
    private final Deque<PeerCall> queued = new ArrayDeque<>();

    /** Calls that were sent, by correlation id. */
    private final Map<Integer, PeerCall> inFlight = new LinkedHashMap<>();

    private State state = State.DISCONNECTED;
    private Outbox outbox = new Outbox();
    private AnswerReceiver receiver = new AnswerReceiver();
    private PeerVersions versions = PeerVersions.UNKNOWN;
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;
    private @Nullable Deadline connectDeadline;
    private int correlationId;
    private boolean flushPlanned;

    /** Which attempt the callbacks of the network belong to. */
    private int attempt;

    private int failures;
    private long retryNanos;

    private enum State {
        DISCONNECTED,
        CONNECTING,
        NEGOTIATING,
        READY,
        CLOSED
    }

    PeerLink(EventLoop loop, String clientId, InetSocketAddress address) {
        this.loop = loop;
        this.clientId = clientId;
        this.address = address;
        this.retryNanos = loop.clock().nanos();
    }

    void send(PeerCall call) {
        if (loop.hasEnded()) {
            state = State.CLOSED;
        } else {
            call.startTimer(loop, () -> expire(call));
        }
        switch (state) {
            case READY -> transmit(call);
            case CONNECTING, NEGOTIATING -> queued.add(call);
            case CLOSED -> call.fail(new DisconnectException("the client is closed"));
            case DISCONNECTED -> {
                if (loop.clock().nanos() - retryNanos < 0) {
                    call.fail(new DisconnectException("no connection to " + address + " lately"));
                } else {
                    queued.add(call);
                    connect();
                }
            }
        }
    }

    void close() {
        drop("the client was closed");
        state = State.CLOSED;
    }

    @Override
    public void onReady(SelectionKey ready) {
        try {
            if (ready.isConnectable()) {
                finishConnect(ready);
            }
            if (ready.isValid() && ready.isWritable()) {
                flush(true);
            }
            if (ready.isValid() && ready.isReadable()) {
                receive(ready);
            }
        } catch (IOException e) {
            drop(String.valueOf(e.getMessage()));
        } catch (MalformedFrameException e) {
            log.warn("dropped the connection to broker {}: {}", address, e.getMessage());
            drop(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void abandon() {
        close();
    }

    private void connect() {
        state = State.CONNECTING;
        int mine = ++attempt;
        connectDeadline =
                loop.executeAfter(CONNECT_TIMEOUT, () -> drop("connecting took too long"));
        BrokerClient.resolve(address, resolved -> loop.execute(() -> connect(resolved, mine)));
    }

    private void connect(InetSocketAddress resolved, int mine) {
        if (mine != attempt || state != State.CONNECTING) {
            return;
        }
        if (resolved.isUnresolved()) {
            drop("unknown host");
            return;
        }
        try {
            SocketChannel opened = SocketChannel.open();
            channel = opened;
            opened.configureBlocking(false);
            opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
            opened.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            boolean connected = opened.connect(resolved);
            key = loop.register(opened, SelectionKey.OP_CONNECT, this);
            if (connected) {
                negotiate(key);
            }
        } catch (IOException e) {
            drop(String.valueOf(e.getMessage()));
        }
    }

    private void finishConnect(SelectionKey ready) throws IOException {
        if (channel != null && channel.finishConnect()) {
            negotiate(ready);
        }
    }

    private void negotiate(SelectionKey ready) throws IOException {
        ready.interestOps(SelectionKey.OP_READ);
        state = State.NEGOTIATING;
        PeerCall question = PeerVersions.question();
        transmit(question, PeerVersions.newestQuestion());
        flush(false);
    }

    private void receive(SelectionKey ready) throws IOException, MalformedFrameException {
        if (channel != null && !receiver.receive(channel, loop.receiveBuffer(), this::onAnswer)) {
            drop("closed by the other side");
        }
        if (ready.isValid()) {
            flush(false);
        }
    }

    private void onAnswer(ByteBuffer frame) throws MalformedFrameException {
        PeerCall call = inFlight.remove(ResponseDecoder.correlationId(frame));
        RequestHeader header = call == null ? null : call.header();
        if (call == null || header == null) {
            throw new MalformedFrameException("an answer to nothing");
        }
        if (state == State.NEGOTIATING) {
            onVersions(header, frame);
        } else {
            answer(call, header, frame);
        }
    }

    private static void answer(PeerCall call, RequestHeader header, ByteBuffer frame)
            throws MalformedFrameException {
        try {
            call.answer(ResponseDecoder.decode(header, frame));
        } catch (MalformedFrameException e) {
            call.fail(new DisconnectException(e.getMessage()));
            throw e;
        }
    }

    private void onVersions(RequestHeader header, ByteBuffer frame) throws MalformedFrameException {
        if (PeerVersions.asksForOldest(header, frame)) {
            transmit(PeerVersions.question(), (short) 0);
            return;
        }
        versions = PeerVersions.decode(header, frame);
        state = State.READY;
        failures = 0;
        stopConnectTimer();
        List<PeerCall> waiting = new ArrayList<>(queued);
        queued.clear();
        waiting.forEach(this::transmit);
    }

    private void transmit(PeerCall call) {
        try {
            transmit(call, versions.choose(call.request()));
            flushSoon();
        } catch (RuntimeException e) {
            // The request cannot be said in any version that both sides know.
            call.fail(e);
        }
    }

    private void transmit(PeerCall call, short version) {
        correlationId++;
        outbox.add(call.encode(version, clientId, correlationId));
        inFlight.put(correlationId, call);
    }

    /** Requests that are posted together leave together. */
    private void flushSoon() {
        if (!flushPlanned) {
            flushPlanned = true;
            loop.execute(this::flushAsPlanned);
        }
    }

    private void flushAsPlanned() {
        flushPlanned = false;
        try {
            flush(false);
        } catch (IOException e) {
            drop(String.valueOf(e.getMessage()));
        }
    }

    private void flush(boolean writable) throws IOException {
        if (channel == null || key == null || !key.isValid()) {
            return;
        }
        Outcome outcome = outbox.send(channel, loop.sendBuffer(), writable);
        int writes = outcome == Outcome.SENT ? 0 : SelectionKey.OP_WRITE;
        if (state != State.CONNECTING) {
            key.interestOps(SelectionKey.OP_READ | writes);
        }
    }

    private void expire(PeerCall call) {
        TimeoutException cause =
                new TimeoutException(
                        "no answer to " + call.request().apiKey() + " from " + address);
        boolean wasSent = call.header() != null;
        queued.remove(call);
        inFlight.values().remove(call);
        call.fail(cause);
        if (wasSent) {
            // Answers come in order: behind a lost one, none can be told from a late one.
            drop("a request was not answered in time");
        }
    }

    /** Gives the connection up, and with it all that waits for it. */
    private void drop(String why) {
        if (state == State.DISCONNECTED || state == State.CLOSED) {
            return;
        }
        log.debug("connection to broker {} is gone: {}", address, why);
        if (state != State.READY || !inFlight.isEmpty()) {
            backOff();
        }
        state = State.DISCONNECTED;
        attempt++;
        stopConnectTimer();
        closeChannel();
        List<PeerCall> lost = new ArrayList<>(inFlight.values());
        lost.addAll(queued);
        inFlight.clear();
        queued.clear();
        DisconnectException cause =
                new DisconnectException("connection to " + address + " is gone: " + why);
        lost.forEach(call -> call.fail(cause));
    }

    private void backOff() {
        Duration backoff = BACKOFF_MIN.multipliedBy(1L << Math.min(failures, 10));
        failures++;
        Duration bounded = backoff.compareTo(BACKOFF_MAX) < 0 ? backoff : BACKOFF_MAX;
        retryNanos = loop.clock().nanos() + bounded.toNanos();
    }

    private void stopConnectTimer() {
        if (connectDeadline != null) {
            connectDeadline.cancel();
            connectDeadline = null;
        }
    }

    private void closeChannel() {
        outbox.close();
        outbox = new Outbox();
        receiver = new AnswerReceiver();
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                log.debug("cannot close the connection to {}", address, e);
            }
        }
        channel = null;
        key = null;
    }
}
