package io.takhin.metadata;

import io.takhin.protocol.ErrorReplies;
import io.takhin.protocol.Request;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.controller.ControllerRequestContext;
import org.jspecify.annotations.Nullable;

/**
 * Finds the active controller and asks it: by a method call where it is in this process, over the
 * network where it is not. While there is none, or it changes, the question waits and is asked
 * again.
 *
 * <p>Threads: any.
 */
final class QuorumAccess implements Quorum {
    /** Retries faster than this would flood a controller that is about to start. */
    private static final Duration RETRY_DELAY = Duration.ofMillis(20);

    private static final Duration VISIBLE_MAX = Duration.ofSeconds(1);

    private final int nodeId;
    private final RaftNode raft;
    private final @Nullable ControllerCalls controller;
    private final RemoteController remote;
    private final AppliedOffset applied;
    private final KafkaTime time;
    private final MetadataTimer timer;
    private final Faults faults;
    private final DiskRoom room;

    /** What this node's controller was asked and has not answered. */
    private final Set<Asked> waiting = ConcurrentHashMap.newKeySet();

    /**
     * @param controller null on a node that does not vote
     */
    QuorumAccess(
            int nodeId,
            RaftNode raft,
            @Nullable ControllerCalls controller,
            RemoteController remote,
            AppliedOffset applied,
            RaftNode.Surroundings surroundings) {
        this.nodeId = nodeId;
        this.raft = raft;
        this.controller = controller;
        this.remote = remote;
        this.applied = applied;
        this.time = surroundings.time();
        this.timer = surroundings.timer();
        this.faults = surroundings.faults();
        this.room = surroundings.room();
        room.onLack(this::refuseWaiting);
    }

    @Override
    public Status status() {
        return raft.status();
    }

    @Override
    public CompletableFuture<ApiMessage> ask(
            ApiMessage request, short version, Caller caller, int timeoutMillis) {
        Question question =
                new Question(
                        request,
                        version,
                        caller,
                        time.nanoseconds() + Duration.ofMillis(timeoutMillis).toNanos());
        CompletableFuture<ApiMessage> answer = new CompletableFuture<>();
        attempt(question, answer);
        return answer;
    }

    @Override
    public CompletableFuture<Void> visible() {
        OptionalLong end = raft.client().highWatermark();
        if (end.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> reached = applied.reached(end.getAsLong() - 1);
        if (!reached.isDone()) {
            Future<?> patience = timer.after(VISIBLE_MAX, () -> reached.complete(null));
            var _ = reached.whenComplete((_, _) -> patience.cancel(false));
        }
        return reached;
    }

    /** One question to this node's controller; equal to itself only. */
    private static final class Asked {
        final CompletableFuture<ApiMessage> answer = new CompletableFuture<>();
    }

    /** A question and how long it may still take; nanoseconds of the node's time. */
    record Question(ApiMessage request, short version, Caller caller, long deadlineNanos) {}

    /** Why this node's Raft and controller do not get on, or never will; null while they do. */
    private @Nullable KafkaStorageException diskRefusal() {
        IOException failure = faults.diskFailure();
        if (failure != null) {
            return new KafkaStorageException(
                    "the disk of broker %d failed, restart it once that is repaired: %s"
                            .formatted(nodeId, failure.getMessage()));
        }
        String lack = room.lack();
        return lack == null ? null : new KafkaStorageException(lack);
    }

    /** Whoever waits for this node's controller now would wait for the disk. */
    void refuseWaiting() {
        KafkaStorageException refusal = diskRefusal();
        if (refusal != null) {
            waiting.forEach(asked -> asked.answer.completeExceptionally(refusal));
        }
    }

    private void attempt(Question question, CompletableFuture<ApiMessage> answer) {
        if (faults.diskFailure() != null) {
            // Also of the others it does not know any more which of them leads.
            answer.completeExceptionally(diskRefusal());
            return;
        }
        OptionalInt leader = raft.leader().leaderId();
        if (leader.isEmpty()) {
            retry(question, answer);
            return;
        }
        var _ =
                askLeader(leader.getAsInt(), question)
                        .whenComplete((reply, error) -> settle(question, answer, reply, error));
    }

    private CompletableFuture<? extends ApiMessage> askLeader(int leader, Question question) {
        return leader == nodeId ? serve(question) : remote.ask(leader, question);
    }

    /** Serves a request that was meant for the controller of this node. */
    private CompletableFuture<? extends ApiMessage> askHere(Question question) {
        try {
            KafkaStorageException refusal = diskRefusal();
            if (refusal == null) {
                return call(question);
            }
            if (question.request() instanceof BrokerHeartbeatRequestData) {
                // Or the broker would be fenced, as if it were dead. The answer waits for the disk.
                var _ = call(question);
            }
            return CompletableFuture.failedFuture(refusal);
        } catch (ApiException e) { // the controller also refuses by throwing
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<? extends ApiMessage> call(Question question) {
        if (question.request() instanceof DescribeQuorumRequestData) {
            return raft.handle(question.request(), question.version(), 0);
        }
        if (controller == null) {
            return CompletableFuture.failedFuture(
                    new NotControllerException("node " + nodeId + " does not vote"));
        }
        ControllerRequestContext context =
                new ControllerRequestContext(
                        new RequestHeaderData()
                                .setRequestApiKey(question.request().apiKey())
                                .setRequestApiVersion(question.version())
                                .setClientId(question.caller().clientId()),
                        question.caller().principal(),
                        OptionalLong.of(question.deadlineNanos()));
        return controller.call(context, question.request());
    }

    /** As {@link #askHere}; what the controller refuses as a whole comes as the error answer. */
    CompletableFuture<ApiMessage> serve(Question question) {
        Asked asked = new Asked();
        waiting.add(asked);
        var _ =
                askHere(question)
                        .whenComplete((answer, error) -> {
                            waiting.remove(asked);
                            if (error == null) {
                                asked.answer.complete(answer);
                            } else {
                                asked.answer.completeExceptionally(unwrap(error));
                            }
                        });
        return asked.answer.exceptionallyCompose(error -> refusal(question, error));
    }

    private static CompletableFuture<ApiMessage> refusal(Question question, Throwable error) {
        Throwable cause = unwrap(error);
        if (cause instanceof NotControllerException || cause instanceof TimeoutException) {
            return CompletableFuture.failedFuture(cause);
        }
        RequestHeader header =
                new RequestHeader(
                        ApiKeys.forId(question.request().apiKey()),
                        question.version(),
                        question.caller().clientId(),
                        0);
        ApiMessage answer = ErrorReplies.to(new Request(header, question.request()), cause);
        return CompletableFuture.completedFuture(Objects.requireNonNull(answer));
    }

    /** What was thrown, without the wrapping of futures. */
    static Throwable unwrap(Throwable error) {
        Throwable cause = error instanceof CompletionException ? error.getCause() : null;
        return cause == null ? error : cause;
    }

    private void settle(
            Question question,
            CompletableFuture<ApiMessage> answer,
            @Nullable ApiMessage reply,
            @Nullable Throwable error) {
        if (reply != null) {
            answer.complete(reply);
            return;
        }
        Throwable cause = error == null ? null : QuorumAccess.unwrap(error);
        if (cause instanceof NotControllerException) {
            retry(question, answer);
        } else if (cause instanceof ApiException) {
            answer.completeExceptionally(cause);
        } else {
            answer.completeExceptionally(
                    new UnknownServerException("the controller failed: " + cause, cause));
        }
    }

    private void retry(Question question, CompletableFuture<ApiMessage> answer) {
        if (time.nanoseconds() + RETRY_DELAY.toNanos() >= question.deadlineNanos()) {
            answer.completeExceptionally(
                    new TimeoutException("no active controller could be asked in time"));
            return;
        }
        timer.after(RETRY_DELAY, () -> attempt(question, answer));
    }
}
