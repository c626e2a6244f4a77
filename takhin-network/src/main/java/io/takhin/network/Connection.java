package io.takhin.network;

import io.takhin.protocol.Decoded;
import io.takhin.protocol.MalformedFrameException;
import io.takhin.protocol.Request;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.apache.kafka.common.message.ApiVersionsRequestData;
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
    private final AsideTurn aside;
    private final RequestsInFlight inFlight;
    private final ReplySender sender;

    private @Nullable SelectionKey key;
    private boolean delivering;
    private boolean flushPlanned;
    private boolean closed;
    private long activeNanos;
    private final long openedNanos;
    private volatile String softwareName = "";

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
        this.sender = new ReplySender(this, channel, inFlight, told);
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

    TrafficObserver observer() {
        return listener.observer();
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
                sender.send(true);
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
        return !closed && !inFlight.isFull() && !aside.isUnderWay() && sender.hasSentAll();
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
            ReplySender.discard(reply);
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
        long idleNanosMax = listener.loops().settings().idleTimeout().toNanos();
        long idle = Math.min(nowNanos - activeNanos, nowNanos - sender.sentNanos());
        boolean waitsForHandler = !inFlight.isEmpty() && sender.isEmpty();
        boolean waitsForUs = waitsForHandler || aside.isUnderWay() || receiver.waitsForMemory();
        if (idle > idleNanosMax && !waitsForUs && !sender.waitsForDisk()) {
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
        sender.send(false);
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

    ColdReads coldReads() {
        return listener.loops().coldReads();
    }

    private void updateInterest() {
        if (closed || key == null) {
            return;
        }
        int interest =
                (readsMore() ? SelectionKey.OP_READ : 0)
                        | (sender.waitsForSocket() ? SelectionKey.OP_WRITE : 0);
        if (key.interestOps() != interest) {
            key.interestOps(interest);
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
        sender.close();
        try {
            channel.close();
        } catch (IOException e) {
            told.cannotClose(e);
        }
        listener.onClosed();
    }
}
