package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** SyncGroup: the leader brings the assignments of a generation, everybody takes theirs. */
final class SyncGroupHandler extends GroupHandler<SyncGroupRequestData> {
    private static final int PROTOCOL_REQUIRED_VERSION = 5;

    private final GroupCoordination groups;

    SyncGroupHandler(GroupCoordination groups) {
        super(ApiKeys.SYNC_GROUP, SyncGroupRequestData.class);
        this.groups = groups;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, SyncGroupRequestData request) {
        // KIP-559: from version 5 on a member says which protocol it believes to be in.
        if (context.requestVersion() >= PROTOCOL_REQUIRED_VERSION
                && (request.protocolType() == null || request.protocolName() == null)) {
            return CompletableFuture.completedFuture(
                    refusal(context, request, Errors.INCONSISTENT_GROUP_PROTOCOL));
        }
        return groups.syncGroup(context, request);
    }

    @Override
    ApiMessage refusal(ClientContext context, SyncGroupRequestData request, Errors error) {
        return new SyncGroupResponseData().setErrorCode(error.code());
    }
}
