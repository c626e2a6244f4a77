package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import java.nio.ByteBuffer;
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
        return groups.joinGroup(context, request).thenApply(joined -> shaped(context, joined));
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
