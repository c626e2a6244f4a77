package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import io.takhin.network.Client;
import io.takhin.network.Exchange;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.types.SchemaException;
import org.apache.kafka.common.requests.JoinGroupResponse;

/** JoinGroup: a member asks to be part of the group's next generation. */
final class JoinGroupHandler extends GroupHandler<JoinGroupRequestData> {
    /** These look their topics up once they lead, before they assign them. */
    private static final Set<String> LOOKS_TOPICS_UP = Set.of("apache-kafka-java", "librdkafka");

    /** librdkafka as other languages have it: confluent-kafka-python and so on. */
    private static final String LIBRDKAFKA_ELSEWHERE = "confluent-kafka-";

    /**
     * What other clients need to learn their topics before they are told that they lead (ADR 58).
     */
    private static final Duration LEARNING = Duration.ofMillis(150);

    /** A client that has been here for so long knows its topics. */
    private static final Duration NEWCOMER_FOR = Duration.ofSeconds(10);

    private final GroupCoordination groups;

    JoinGroupHandler(GroupCoordination groups) {
        super(ApiKeys.JOIN_GROUP, JoinGroupRequestData.class);
        this.groups = groups;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, JoinGroupRequestData request) {
        if (context.requestVersion() == 0) {
            // Version 0 has one timeout for both.
            request.setRebalanceTimeoutMs(request.sessionTimeoutMs());
        }
        if (!areReadable(request)) {
            return CompletableFuture.completedFuture(
                    refusal(context, request, Errors.INCONSISTENT_GROUP_PROTOCOL));
        }
        return groups.joinGroup(context, request)
                .thenCompose(joined -> onceTopicsAreKnown(context.exchange(), joined))
                .thenApply(joined -> shaped(context, joined));
    }

    private static boolean looksTopicsUp(String software) {
        return LOOKS_TOPICS_UP.contains(software) || software.startsWith(LIBRDKAFKA_ELSEWHERE);
    }

    /** A leader that does not know its topics yet assigns nothing to anybody. */
    private static CompletableFuture<JoinGroupResponseData> onceTopicsAreKnown(
            Exchange exchange, JoinGroupResponseData joined) {
        Client client = exchange.client();
        if (joined.errorCode() != Errors.NONE.code()
                || !joined.memberId().equals(joined.leader())
                || looksTopicsUp(client.softwareName())
                || client.openFor().compareTo(NEWCOMER_FOR) > 0) {
            return CompletableFuture.completedFuture(joined);
        }
        CompletableFuture<JoinGroupResponseData> later = new CompletableFuture<>();
        exchange.execute(() -> exchange.executeAfter(LEARNING, () -> later.complete(joined)));
        return later;
    }

    @Override
    ApiMessage refusal(ClientContext context, JoinGroupRequestData request, Errors error) {
        return shaped(
                context,
                new JoinGroupResponseData()
                        .setMemberId(request.memberId())
                        .setErrorCode(error.code()));
    }

    /**
     * Whether the coordinator can look into the subscriptions of a consumer. It takes those that
     * are of another form, but one that promises more than it holds would stop the whole group: the
     * coordinator's rebalance fails on it, each time.
     */
    private static boolean areReadable(JoinGroupRequestData request) {
        return !ConsumerProtocol.PROTOCOL_TYPE.equals(request.protocolType())
                || request.protocols().stream().allMatch(each -> isReadable(each.metadata()));
    }

    private static boolean isReadable(byte[] metadata) {
        ByteBuffer subscription = ByteBuffer.wrap(metadata);
        try {
            ConsumerProtocol.deserializeVersion(subscription);
            ConsumerProtocol.deserializeConsumerProtocolSubscription(subscription, (short) 0);
            return true;
        } catch (SchemaException e) {
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** A missing protocol name is empty up to version 6, and null after that. */
    private static JoinGroupResponseData shaped(
            ClientContext context, JoinGroupResponseData answer) {
        return new JoinGroupResponse(answer, (short) context.requestVersion()).data();
    }
}
