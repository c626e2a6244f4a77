package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.LeaveGroupResponse;

/** LeaveGroup: members go, or are sent away by an operator. */
final class LeaveGroupHandler extends GroupHandler<LeaveGroupRequestData> {
    /** From here on (KIP-345) a request can name several members. */
    private static final int MANY_MEMBERS_VERSION = 3;

    private final GroupCoordination groups;

    LeaveGroupHandler(GroupCoordination groups) {
        super(ApiKeys.LEAVE_GROUP, LeaveGroupRequestData.class);
        this.groups = groups;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, LeaveGroupRequestData request) {
        if (context.requestVersion() < MANY_MEMBERS_VERSION) {
            request.setMembers(List.of(new MemberIdentity().setMemberId(request.memberId())));
        }
        return groups.leaveGroup(context, request)
                .thenApply(left ->
                        new LeaveGroupResponse(left, (short) context.requestVersion()).data());
    }

    @Override
    ApiMessage refusal(ClientContext context, LeaveGroupRequestData request, Errors error) {
        return new LeaveGroupResponseData().setErrorCode(error.code());
    }
}
