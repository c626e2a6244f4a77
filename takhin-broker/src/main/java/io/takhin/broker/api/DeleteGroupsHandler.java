package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteGroupsRequest;

/** DeleteGroups: groups without members go, with the offsets they committed. */
final class DeleteGroupsHandler extends GroupHandler<DeleteGroupsRequestData> {
    private final GroupCoordination groups;

    DeleteGroupsHandler(GroupCoordination groups) {
        super(ApiKeys.DELETE_GROUPS, DeleteGroupsRequestData.class);
        this.groups = groups;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, DeleteGroupsRequestData request) {
        return groups.deleteGroups(context, request.groupsNames().stream().distinct().toList())
                .thenApply(results -> new DeleteGroupsResponseData().setResults(results));
    }

    @Override
    ApiMessage refusal(ClientContext context, DeleteGroupsRequestData request, Errors error) {
        return new DeleteGroupsResponseData()
                .setResults(
                        DeleteGroupsRequest.getErrorResultCollection(request.groupsNames(), error));
    }
}
