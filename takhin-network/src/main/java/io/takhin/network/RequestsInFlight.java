package io.takhin.network;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * The requests of one connection whose answers have not been encoded yet, in the order of their
 * arrival, and whether they are as many as may be.
 *
 * <p>Threads: the connection's event loop.
 */
final class RequestsInFlight {
    /** Bodies stay in the heap; those of Produce requests do not. */
    private static final int BODY_BYTES_MAX = 1 << 20;

    private final int countMax;
    private final Deque<PendingReply> replies = new ArrayDeque<>(4);
    private int bodyBytes;
    private boolean full;

    RequestsInFlight(int countMax) {
        this.countMax = countMax;
    }

    void add(PendingReply reply) {
        replies.add(reply);
        bodyBytes += bodyBytes(reply);
        full = replies.size() >= countMax || bodyBytes >= BODY_BYTES_MAX;
    }

    /**
     * Stays true until well below the limit, so that reading does not stop and go with every
     * answer.
     */
    boolean isFull() {
        return full;
    }

    boolean isEmpty() {
        return replies.isEmpty();
    }

    /** Whether the answer that has to leave next can leave. */
    boolean isNextReady() {
        PendingReply next = replies.peek();
        return next != null && next.isReady();
    }

    PendingReply removeNext() {
        PendingReply reply = replies.remove();
        bodyBytes -= bodyBytes(reply);
        if (replies.size() <= countMax / 2 && bodyBytes < BODY_BYTES_MAX) {
            full = false;
        }
        return reply;
    }

    /** Forgets all; those that have their answer already are passed on. */
    void clear(Consumer<PendingReply> answered) {
        replies.stream().filter(PendingReply::isReady).forEach(answered);
        replies.clear();
    }

    private static int bodyBytes(PendingReply reply) {
        return reply.request().apiKey() == ApiKeys.PRODUCE ? 0 : reply.requestBytes();
    }
}
