package io.takhin.metadata;

import io.takhin.metadata.MetadataSettings.Voter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.message.AllocateProducerIdsResponseData;
import org.apache.kafka.common.message.AlterPartitionResponseData;
import org.apache.kafka.common.message.AssignReplicasToDirsResponseData;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.BrokerHeartbeatResponseData;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.message.BrokerRegistrationResponseData;
import org.apache.kafka.common.message.ControllerRegistrationResponseData;
import org.apache.kafka.common.message.EnvelopeResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * Questions to a controller on another node. What a client asked goes in an envelope with the
 * client's name; what this broker asks for itself goes as it is.
 *
 * <p>Threads: any.
 */
final class ForwardedCalls implements RemoteController {
    private final Peers peers;
    private final KafkaTime time;
    private final Map<Integer, InetSocketAddress> voters;

    ForwardedCalls(Peers peers, KafkaTime time, List<Voter> voters) {
        this.peers = peers;
        this.time = time;
        this.voters =
                voters.stream()
                        .collect(
                                Collectors.toMap(
                                        Voter::id,
                                        voter ->
                                                InetSocketAddress.createUnresolved(
                                                        voter.host(), voter.port())));
    }

    @Override
    public CompletableFuture<ApiMessage> ask(int leader, QuorumAccess.Question question) {
        InetSocketAddress peer = voters.get(leader);
        if (peer == null) {
            return CompletableFuture.failedFuture(
                    new NotControllerException("node " + leader + " does not vote"));
        }
        Duration timeout = Duration.ofNanos(question.deadlineNanos() - time.nanoseconds());
        boolean forClient = ApiKeys.forId(question.request().apiKey()).forwardable;
        ApiMessage sent = forClient ? Envelopes.seal(question) : question.request();
        return peers.send(peer, purposeOf(question.request()), PlainRequest.of(sent), timeout)
                .handle((answer, error) -> error == null ? answer : rethrow(error))
                .thenApply(answer -> read(answer, question));
    }

    private static Peers.Purpose purposeOf(ApiMessage request) {
        return switch (request) {
            case BrokerHeartbeatRequestData _ -> Peers.Purpose.MEMBERSHIP;
            case BrokerRegistrationRequestData _ -> Peers.Purpose.MEMBERSHIP;
            default -> Peers.Purpose.FORWARDING;
        };
    }

    /** A controller that cannot be reached is no controller for now: somebody else will be. */
    private static ApiMessage rethrow(Throwable error) {
        Throwable cause = QuorumAccess.unwrap(error);
        if (cause instanceof DisconnectException) {
            throw new NotControllerException("the controller cannot be reached", cause);
        }
        throw new CompletionException(cause);
    }

    private static ApiMessage read(ApiMessage answer, QuorumAccess.Question question) {
        Errors error = Errors.forCode(errorCode(answer));
        if (error == Errors.NOT_CONTROLLER) {
            throw error.exception();
        }
        if (answer instanceof EnvelopeResponseData envelope) {
            if (error != Errors.NONE) {
                throw error.exception();
            }
            return Envelopes.open(envelope, question);
        }
        return answer;
    }

    private static short errorCode(ApiMessage answer) {
        return switch (answer) {
            case EnvelopeResponseData it -> it.errorCode();
            case BrokerHeartbeatResponseData it -> it.errorCode();
            case BrokerRegistrationResponseData it -> it.errorCode();
            case AlterPartitionResponseData it -> it.errorCode();
            case AllocateProducerIdsResponseData it -> it.errorCode();
            case AssignReplicasToDirsResponseData it -> it.errorCode();
            case ControllerRegistrationResponseData it -> it.errorCode();
            default -> Errors.NONE.code();
        };
    }
}
