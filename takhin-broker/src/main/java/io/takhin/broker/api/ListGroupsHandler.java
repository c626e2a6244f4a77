package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** ListGroups: the groups this broker looks after. */
final class ListGroupsHandler extends GroupHandler<ListGroupsRequestData> {
    private final GroupCoordination groups;

    ListGroupsHandler(GroupCoordination groups) {
        super(ApiKeys.LIST_GROUPS, ListGroupsRequestData.class);
        this.groups = groups;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, ListGroupsRequestData request) {
        return groups.listGroups(context, request);
    }

    @Override
    ApiMessage refusal(ClientContext context, ListGroupsRequestData request, Errors error) {
        return new ListGroupsResponseData().setErrorCode(error.code());
    }
}
