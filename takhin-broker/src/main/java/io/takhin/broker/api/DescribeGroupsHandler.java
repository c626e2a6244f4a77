package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeGroupsRequest;

/** DescribeGroups: state and members of classic groups. */
final class DescribeGroupsHandler extends GroupHandler<DescribeGroupsRequestData> {
    private final GroupCoordination groups;

    DescribeGroupsHandler(GroupCoordination groups) {
        super(ApiKeys.DESCRIBE_GROUPS, DescribeGroupsRequestData.class);
        this.groups = groups;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, DescribeGroupsRequestData request) {
        return groups.describeGroups(context, request.groups())
                .thenApply(described -> answer(described, request.includeAuthorizedOperations()));
    }

    @Override
    ApiMessage refusal(ClientContext context, DescribeGroupsRequestData request, Errors error) {
        return new DescribeGroupsResponseData()
                .setGroups(
                        DescribeGroupsRequest.getErrorDescribedGroupList(request.groups(), error));
    }

    private static ApiMessage answer(List<DescribedGroup> described, boolean withOperations) {
        if (withOperations) {
            described.stream()
                    .filter(group -> group.errorCode() == Errors.NONE.code())
                    .forEach(group -> group.setAuthorizedOperations(GroupOperations.ALL));
        }
        return new DescribeGroupsResponseData().setGroups(described);
    }
}
