package io.takhin.network;

import io.takhin.network.Outbox.Outcome;
import io.takhin.protocol.Decoded;
import io.takhin.protocol.EncodedFrame;
import io.takhin.protocol.FrameEncoder;
import io.takhin.protocol.MalformedFrameException;
import io.takhin.protocol.RecordRegion;
import io.takhin.protocol.Request;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.jspecify.annotations.Nullable;

/**
 * One client. It reads frames, starts their requests in the order of arrival and sends the answers
 * in that same order. While a client does not take its answers, or has too many requests in flight,
 * nothing is read from it, and so TCP slows it down.
 *
 * <p>Threads: its event loop. What {@link Client} offers may be asked by any.
 */
final class Connection implements Client, EventLoop.Attached, FrameReceiver.Sink {
    /** Answers are encoded ahead of the socket up to this; the others wait as messages. */
    private static final int OUTBOX_BYTES = 64 << 10;

    /** A longer name of a client's software is not kept. */
    private static final int SOFTWARE_NAME_LENGTH_MAX = 64;

    private final long id;
    private final Listener listener;
    private final EventLoop loop;
    private final SocketChannel channel;
    private final InetSocketAddress address;
    private final InetSocketAddress localAddress;
    private final ConnectionLog told;
    private final FrameReceiver receiver;
    private final Outbox outbox = new Outbox();
    private final AsideTurn aside;
    private final RequestsInFlight inFlight;

    /** Answers in the outbox that expect to be counted when they are out. */
    private final Deque<Sending> sending = new ArrayDeque<>(4);

    private @Nullable SelectionKey key;
    private Outcome lastSend = Outcome.SENT;
    private boolean delivering;
    private boolean flushPlanned;
    private boolean closed;
    private long activeNanos;
    private final long openedNanos;
    private volatile String softwareName = "";

    private record Sending(PendingReply reply, long bytes) {}

    Connection(long id, Listener listener, EventLoop loop, SocketChannel channel)
            throws IOException {
        this.id = id;
        this.listener = listener;
        this.loop = loop;
        this.channel = channel;
        this.address = (InetSocketAddress) channel.getRemoteAddress();
        this.localAddress = (InetSocketAddress) channel.getLocalAddress();
        this.told = new ConnectionLog(id, address, listener.name());
        this.receiver =
                new FrameReceiver(
                        loop,
                        listener.loops().receiveMemory(),
                        listener.loops().settings().requestBytesMax(),
                        this);
        this.aside = new AsideTurn(this, listener.loops());
        this.inFlight = new RequestsInFlight(listener.loops().settings().requestsInFlightMax());
        this.openedNanos = loop.clock().nanos();
        this.activeNanos = openedNanos;
    }

    @Override
    public InetSocketAddress address() {
        return address;
    }

    @Override
    public InetSocketAddress localAddress() {
        return localAddress;
    }

    @Override
    public String listener() {
        return listener.name();
    }

    @Override
    public KafkaPrincipal principal() {
        return KafkaPrincipal.ANONYMOUS;
    }

    @Override
    public String softwareName() {
        return softwareName;
    }

    @Override
    public Duration openFor() {
        return Duration.ofNanos(loop.clock().nanos() - openedNanos);
    }

    @Override
    public long connectionId() {
        return id;
    }

    EventLoop loop() {
        return loop;
    }

    boolean isOf(Listener other) {
        return listener == other;
    }

    /** Begins to read. */
    void open() throws IOException {
        key = loop.register(channel, SelectionKey.OP_READ, this);
        told.opened();
    }

    @Override
    public void onReady(SelectionKey ready) {
        activeNanos = loop.clock().nanos();
        try {
            if (ready.isWritable()) {
                sendReplies(true);
            }
            if (ready.isValid() && ready.isReadable() && readsMore()) {
                receive();
            }
            afterDelivery();
        } catch (MalformedFrameException e) {
            disconnect(e.getMessage());
        } catch (IOException e) {
            fail(e);
        }
    }

    @Override
    public void abandon() {
        close();
    }

    @Override
    public void onFrame(ByteBuffer frame) throws MalformedFrameException {
        int bytes = frame.remaining();
        if (!aside.decodes(frame, listener.decoder())) {
            start(listener.decoder().decode(frame), bytes);
        }
    }

    private void start(Decoded decoded, int bytes) {
        switch (decoded) {
            case Decoded.Accepted accepted -> handle(queue(accepted.request(), bytes));
            case Decoded.Answered answered -> {
                Request request = new Request(answered.header(), answered.response());
                queue(request, bytes).reply(answered.response());
            }
        }
    }

    /** A request that was decoded aside. */
    void startLate(Decoded decoded, int bytes) {
        if (!closed) {
            start(decoded, bytes);
            flush();
        }
    }

    @Override
    public boolean takesMore() {
        return !closed && !inFlight.isFull() && !aside.isUnderWay() && lastSend == Outcome.SENT;
    }

    @Override
    public void onMemoryGranted() {
        comeBack(() -> {
            receiver.useMemory();
            updateInterest();
        });
    }

    /** Goes on, on the loop. */
    void comeBack(Runnable task) {
        loop.execute(guarded(task));
    }

    /** A task whose failure takes this connection along, as a failure in an event does. */
    Runnable guarded(Runnable task) {
        return () -> {
            boolean done = false;
            try {
                task.run();
                done = true;
            } finally {
                if (!done) {
                    close();
                }
            }
        };
    }

    /** An answer is ready, perhaps not the next one. */
    void onReplyReady(PendingReply reply) {
        if (closed) {
            discard(reply);
        } else if (!delivering) {
            planFlush();
        }
    }

    private void planFlush() {
        if (!flushPlanned && inFlight.isNextReady()) {
            flushPlanned = true;
            loop.flushLater(this);
        }
    }

    /** Sends the answers that are next in order, and goes on reading if they were in the way. */
    void flush() {
        flushPlanned = false;
        if (closed) {
            return;
        }
        try {
            afterDelivery();
        } catch (MalformedFrameException e) {
            disconnect(e.getMessage());
        } catch (IOException e) {
            fail(e);
        }
    }

    /** Closes for a reason that the operator should see. */
    void disconnect(@Nullable String why) {
        if (!closed) {
            told.broken(why);
            listener.observer().connectionBroken();
            close();
        }
    }

    /** Closes if nothing moved for too long, or if others need what a stalled frame holds. */
    void checkIdle(long nowNanos, boolean memoryWanted) {
        long idleNanos = listener.loops().settings().idleTimeout().toNanos();
        boolean waitsForHandler = !inFlight.isEmpty() && outbox.isEmpty();
        boolean waitsForUs = waitsForHandler || aside.isUnderWay() || receiver.waitsForMemory();
        if (nowNanos - activeNanos > idleNanos && !waitsForUs && lastSend != Outcome.COLD) {
            told.idle();
            close();
        } else if (memoryWanted && receiver.isStalled(nowNanos)) {
            disconnect("a frame did not arrive in time while others waited for its memory");
        }
    }

    private boolean readsMore() {
        return takesMore() && receiver.wantsBytes();
    }

    private void receive() throws IOException, MalformedFrameException {
        delivering = true;
        try {
            if (receiver.receive(channel) < 0) {
                told.closedByClient();
                close();
            }
        } finally {
            delivering = false;
        }
    }

    /** As {@link Exchange#runAside}. */
    void runAside(int bytes, Runnable task) {
        aside.run(bytes, task);
    }

    private PendingReply queue(Request request, int bytes) {
        if (request.body() instanceof ApiVersionsRequestData versions) {
            learnSoftware(versions.clientSoftwareName());
            told.named(request, versions);
        }
        PendingReply reply = new PendingReply(this, request, bytes, loop.clock().nanos());
        inFlight.add(reply);
        listener.observer().requestArrived(request.apiKey(), bytes);
        return reply;
    }

    private void learnSoftware(String name) {
        if (name.length() <= SOFTWARE_NAME_LENGTH_MAX) {
            softwareName = name;
        }
    }

    @SuppressWarnings("CatchingUnchecked")
    private void handle(PendingReply reply) {
        try {
            listener.handler().handle(reply);
        } catch (RuntimeException e) {
            told.handlerFailed(reply.request(), e);
            disconnect("its request could not be handled");
        }
    }

    /** Sends what the delivered requests were answered, and delivers what was held back. */
    private void afterDelivery() throws IOException, MalformedFrameException {
        if (closed) {
            return;
        }
        sendReplies(false);
        if (receiver.hasKept() && takesMore()) {
            delivering = true;
            try {
                receiver.resume();
            } finally {
                delivering = false;
            }
            planFlush();
        }
        updateInterest();
    }

    private void sendReplies(boolean writable) throws IOException {
        if (lastSend == Outcome.COLD || (lastSend == Outcome.BLOCKED && !writable)) {
            return;
        }
        do {
            encodeReady();
            lastSend = outbox.send(channel, loop.sendBuffer(), writable);
            countSent();
        } while (lastSend == Outcome.SENT && inFlight.isNextReady());
        if (lastSend == Outcome.COLD) {
            loadCold();
        }
    }

    private void encodeReady() {
        while (inFlight.isNextReady() && outbox.bytes() < OUTBOX_BYTES) {
            PendingReply reply = inFlight.removeNext();
            ApiMessage response = reply.response();
            if (response == null) {
                sending.add(new Sending(reply, 0));
            } else {
                EncodedFrame frame = encode(reply, response);
                outbox.add(frame);
                sending.add(new Sending(reply, frame.size()));
            }
        }
    }

    private EncodedFrame encode(PendingReply reply, ApiMessage response) {
        try {
            Request request = reply.request();
            listener.observer().replying(request.apiKey(), request.version(), response);
            told.replying(request, response);
            return FrameEncoder.response(request.header(), response);
        } catch (RuntimeException e) {
            FrameEncoder.releaseRegions(response);
            throw e;
        }
    }

    private void countSent() {
        if (sending.isEmpty() || !outbox.isEmpty()) {
            return;
        }
        long now = loop.clock().nanos();
        activeNanos = now;
        for (Sending sent : sending) {
            ApiKeys apiKey = sent.reply().request().apiKey();
            listener.observer().replySent(apiKey, sent.bytes(), now - sent.reply().arrivedNanos());
        }
        sending.clear();
    }

    /** The region stays in the outbox and must not be given back while it is being loaded. */
    private void loadCold() {
        RecordRegion region = outbox.coldRegion();
        long bytes = outbox.coldBytes();
        long from = region.sizeInBytes() - bytes;
        coldReads().load(region, from, bytes, () -> comeBack(this::onColdLoaded));
    }

    ColdReads coldReads() {
        return listener.loops().coldReads();
    }

    private void onColdLoaded() {
        if (closed) {
            outbox.close();
            return;
        }
        outbox.coldRegionLoaded();
        lastSend = Outcome.SENT;
        flush();
    }

    private void updateInterest() {
        if (closed || key == null) {
            return;
        }
        boolean writes = lastSend == Outcome.BLOCKED || lastSend == Outcome.YIELDED;
        int interest =
                (readsMore() ? SelectionKey.OP_READ : 0) | (writes ? SelectionKey.OP_WRITE : 0);
        if (key.interestOps() != interest) {
            key.interestOps(interest);
        }
    }

    private void discard(PendingReply reply) {
        ApiMessage response = reply.response();
        if (response != null) {
            FrameEncoder.releaseRegions(response);
        }
    }

    private void fail(IOException e) {
        told.failed(e);
        close();
    }

    private void close() {
        if (closed) {
            return;
        }
        closed = true;
        receiver.close();
        inFlight.clear(this::discard);
        if (lastSend != Outcome.COLD) {
            outbox.close();
        }
        try {
            channel.close();
        } catch (IOException e) {
            told.cannotClose(e);
        }
        listener.onClosed();
    }
}
