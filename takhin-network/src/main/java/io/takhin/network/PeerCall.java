package io.takhin.network;

import io.takhin.protocol.EncodedFrame;
import io.takhin.protocol.FrameEncoder;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.jspecify.annotations.Nullable;

/**
 * One request to another broker, until it is answered.
 *
 * <p>Threads: made by any, then owned by the event loop of its link.
 */
final class PeerCall {
    private final AbstractRequest.Builder<?> request;
    private final Duration timeout;
    private final CompletableFuture<ApiMessage> future = new CompletableFuture<>();
    private @Nullable Deadline deadline;
    private @Nullable RequestHeader header;

    PeerCall(AbstractRequest.Builder<?> request, Duration timeout) {
        this.request = request;
        this.timeout = timeout;
    }

    AbstractRequest.Builder<?> request() {
        return request;
    }

    CompletableFuture<ApiMessage> future() {
        return future;
    }

    void startTimer(EventLoop loop, Runnable expired) {
        deadline = loop.executeAfter(timeout, expired);
    }

    EncodedFrame encode(short version, String clientId, int correlationId) {
        header = new RequestHeader(request.apiKey(), version, clientId, correlationId);
        return FrameEncoder.request(header, request.build(version).data());
    }

    /** Null until it was sent. */
    @Nullable RequestHeader header() {
        return header;
    }

    void answer(ApiMessage response) {
        stopTimer();
        future.complete(response);
    }

    void fail(RuntimeException cause) {
        stopTimer();
        future.completeExceptionally(cause);
    }

    private void stopTimer() {
        if (deadline != null) {
            deadline.cancel();
        }
    }
}
