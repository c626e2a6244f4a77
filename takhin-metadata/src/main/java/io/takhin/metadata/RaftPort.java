package io.takhin.metadata;

import io.takhin.network.Exchange;
import io.takhin.network.RequestHandler;
import io.takhin.protocol.AnnouncedApis;
import io.takhin.protocol.ApiVersionsAnswer;
import io.takhin.protocol.ErrorReplies;
import io.takhin.protocol.Request;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.message.EnvelopeRequestData;
import org.apache.kafka.common.message.EnvelopeResponseData;
import org.apache.kafka.common.message.FetchSnapshotResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.UnalignedMemoryRecords;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a voter answers on the Raft port: Raft itself, and the controller where it is the active
 * one.
 *
 * <p>Threads: requests come on the network's loops and go on to Raft's and the controller's
 * threads; nothing blocks.
 */
final class RaftPort implements RequestHandler {
    static final AnnouncedApis APIS =
            AnnouncedApis.stable(
                    List.of(
                            ApiKeys.API_VERSIONS,
                            ApiKeys.VOTE,
                            ApiKeys.BEGIN_QUORUM_EPOCH,
                            ApiKeys.END_QUORUM_EPOCH,
                            ApiKeys.FETCH,
                            ApiKeys.FETCH_SNAPSHOT,
                            ApiKeys.DESCRIBE_QUORUM,
                            ApiKeys.ENVELOPE,
                            ApiKeys.BROKER_REGISTRATION,
                            ApiKeys.BROKER_HEARTBEAT,
                            ApiKeys.CONTROLLER_REGISTRATION,
                            ApiKeys.ALTER_PARTITION,
                            ApiKeys.ALLOCATE_PRODUCER_IDS,
                            ApiKeys.ASSIGN_REPLICAS_TO_DIRS));

    private static final Logger log = LoggerFactory.getLogger(RaftPort.class);
    private static final Duration CONTROLLER_TIMEOUT = Duration.ofSeconds(30);

    private final RaftNode raft;
    private final QuorumAccess quorum;
    private final KafkaTime time;
    private final VoteGuard guard;
    private final ApiVersionsAnswer versions =
            new ApiVersionsAnswer(APIS, MetadataNode.supportedFeatures());

    RaftPort(RaftNode raft, QuorumAccess quorum, KafkaTime time, VoteGuard guard) {
        this.guard = guard;
        this.raft = raft;
        this.quorum = quorum;
        this.time = time;
    }

    @Override
    public void handle(Exchange exchange) {
        Request request = exchange.request();
        try {
            switch (request.apiKey()) {
                case API_VERSIONS -> exchange.reply(versions.to(request, Map.of(), knownUpTo()));
                case VOTE -> vote(exchange);
                case BEGIN_QUORUM_EPOCH, END_QUORUM_EPOCH, FETCH, FETCH_SNAPSHOT ->
                        answerWhenDone(exchange, toRaft(request));
                case ENVELOPE -> openEnvelope(exchange, (EnvelopeRequestData) request.body());
                default -> answerWhenDone(exchange, toController(exchange));
            }
        } catch (RuntimeException e) { // such as a controller that is shutting down
            refuse(exchange, e);
        }
    }

    private void vote(Exchange exchange) {
        if (guard.mayVote()) {
            answerWhenDone(exchange, toRaft(exchange.request()));
        } else {
            refuse(exchange, Errors.BROKER_NOT_AVAILABLE.exception());
        }
    }

    /** The last offset in this voter's log; -1 tells that it has nothing at all. */
    private long knownUpTo() {
        return raft.client().logEndOffset() - 1;
    }

    private CompletableFuture<ApiMessage> toRaft(Request request) {
        return raft.handle(request.body(), request.version(), request.header().correlationId())
                .thenApply(RaftPort::inMemory);
    }

    /** A part of a snapshot is cut anywhere; what is sent are its bytes. */
    private static ApiMessage inMemory(ApiMessage answer) {
        if (answer instanceof FetchSnapshotResponseData snapshot) {
            snapshot.topics().stream()
                    .flatMap(topic -> topic.partitions().stream())
                    .filter(part -> part.unalignedRecords() instanceof UnalignedMemoryRecords)
                    .forEach(part ->
                            part.setUnalignedRecords(
                                    MemoryRecords.readableRecords(
                                            ((UnalignedMemoryRecords) part.unalignedRecords())
                                                    .buffer())));
        }
        return answer;
    }

    private CompletableFuture<ApiMessage> toController(Exchange exchange) {
        Request request = exchange.request();
        Quorum.Caller caller =
                new Quorum.Caller(
                        exchange.client().principal(),
                        request.clientId(),
                        exchange.client().address().getAddress().getHostAddress());
        return quorum.serve(
                new QuorumAccess.Question(request.body(), request.version(), caller, deadline()));
    }

    private void openEnvelope(Exchange exchange, EnvelopeRequestData envelope) {
        QuorumAccess.Question question;
        try {
            question = Envelopes.open(envelope, deadline());
        } catch (UnknownHostException | RuntimeException e) {
            log.warn("an envelope cannot be read client={}", exchange.client().address(), e);
            exchange.reply(error(Errors.INVALID_REQUEST));
            return;
        }
        var _ =
                quorum.serve(question)
                        .whenComplete((answer, error) -> seal(exchange, question, answer, error));
    }

    private static void seal(
            Exchange exchange,
            QuorumAccess.Question question,
            @Nullable ApiMessage answer,
            @Nullable Throwable error) {
        if (answer != null) {
            exchange.reply(Envelopes.seal(answer, question.version()));
        } else if (error != null) {
            exchange.reply(error(Errors.forException(QuorumAccess.unwrap(error))));
        }
    }

    private static EnvelopeResponseData error(Errors error) {
        return new EnvelopeResponseData().setErrorCode(error.code());
    }

    private void answerWhenDone(Exchange exchange, CompletableFuture<ApiMessage> future) {
        var _ =
                future.whenComplete((answer, error) -> {
                    if (answer != null) {
                        exchange.reply(answer);
                    } else {
                        refuse(exchange, QuorumAccess.unwrap(error));
                    }
                });
    }

    private static void refuse(Exchange exchange, Throwable error) {
        if (!(error instanceof NotControllerException)) {
            log.debug("refused request={}", exchange.request().apiKey(), error);
        }
        ApiMessage answer = ErrorReplies.to(exchange.request(), error);
        if (answer == null) {
            exchange.replyNothing();
        } else {
            exchange.reply(answer);
        }
    }

    private long deadline() {
        return time.nanoseconds() + CONTROLLER_TIMEOUT.toNanos();
    }
}
