package io.takhin.network;

import io.takhin.network.Outbox.Outcome;
import io.takhin.protocol.EncodedFrame;
import io.takhin.protocol.FrameEncoder;
import io.takhin.protocol.RecordRegion;
import io.takhin.protocol.Request;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Answers on their way to one client: encoded in the order of its requests, and counted when they
 * are out. What the socket does not take, or the disk does not give yet, waits here.
 *
 * <p>Threads: the connection's event loop.
 */
final class ReplySender {
    /** Answers are encoded ahead of the socket up to this; the others wait as messages. */
    private static final int OUTBOX_BYTES = 64 << 10;

    private final Connection connection;
    private final WritableByteChannel channel;
    private final RequestsInFlight inFlight;
    private final ConnectionLog told;
    private final Outbox outbox = new Outbox();

    /** Answers in the outbox that expect to be counted when they are out. */
    private final Deque<Sending> sending = new ArrayDeque<>(4);

    private Outcome last = Outcome.SENT;
    private long sentNanos;
    private boolean closed;

    private record Sending(PendingReply reply, long bytes) {}

    ReplySender(
            Connection connection,
            WritableByteChannel channel,
            RequestsInFlight inFlight,
            ConnectionLog told) {
        this.connection = connection;
        this.channel = channel;
        this.inFlight = inFlight;
        this.told = told;
        this.sentNanos = connection.loop().clock().nanos();
    }

    /** Whether all answers that were ready went out. */
    boolean hasSentAll() {
        return last == Outcome.SENT;
    }

    /** Whether it goes on when the socket can be written to. */
    boolean waitsForSocket() {
        return last == Outcome.BLOCKED || last == Outcome.YIELDED;
    }

    /** Whether it goes on when records have been read. */
    boolean waitsForDisk() {
        return last == Outcome.COLD;
    }

    /** Whether nothing waits here that is encoded. */
    boolean isEmpty() {
        return outbox.isEmpty();
    }

    /** When all was out that had been encoded, for the last time; at first, when this was made. */
    long sentNanos() {
        return sentNanos;
    }

    /**
     * Sends the answers that are next in order, as far as the socket takes them.
     *
     * @param writable whether the socket is known to take something
     */
    void send(boolean writable) throws IOException {
        if (last == Outcome.COLD || (last == Outcome.BLOCKED && !writable)) {
            return;
        }
        do {
            encodeReady();
            last = outbox.send(channel, connection.loop().sendBuffer(), writable);
            countSent();
        } while (last == Outcome.SENT && inFlight.isNextReady());
        if (last == Outcome.COLD) {
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
            connection.observer().replying(request.apiKey(), request.version(), response);
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
        sentNanos = connection.loop().clock().nanos();
        TrafficObserver observer = connection.observer();
        for (Sending sent : sending) {
            ApiKeys apiKey = sent.reply().request().apiKey();
            observer.replySent(apiKey, sent.bytes(), sentNanos - sent.reply().arrivedNanos());
        }
        sending.clear();
    }

    /** The region stays in the outbox and must not be given back while it is being loaded. */
    private void loadCold() {
        RecordRegion region = outbox.coldRegion();
        long bytes = outbox.coldBytes();
        long from = region.sizeInBytes() - bytes;
        connection
                .coldReads()
                .load(region, from, bytes, () -> connection.comeBack(this::onColdLoaded));
    }

    private void onColdLoaded() {
        if (closed) {
            outbox.close();
            return;
        }
        outbox.coldRegionLoaded();
        last = Outcome.SENT;
        connection.flush();
    }

    /** Gives back what answers hold, sent or not. */
    void close() {
        closed = true;
        inFlight.clear(ReplySender::discard);
        if (last != Outcome.COLD) {
            outbox.close();
        }
    }

    /** An answer that nobody will get. */
    static void discard(PendingReply reply) {
        ApiMessage response = reply.response();
        if (response != null) {
            FrameEncoder.releaseRegions(response);
        }
    }
}
