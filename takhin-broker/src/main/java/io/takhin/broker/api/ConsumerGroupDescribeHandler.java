package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import io.takhin.metadata.ClusterView;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** ConsumerGroupDescribe: state and members of KIP-848 groups. */
final class ConsumerGroupDescribeHandler extends GroupHandler<ConsumerGroupDescribeRequestData> {
    private final Supplier<ClusterView> views;
    private final GroupCoordination groups;

    ConsumerGroupDescribeHandler(Supplier<ClusterView> views, GroupCoordination groups) {
        super(ApiKeys.CONSUMER_GROUP_DESCRIBE, ConsumerGroupDescribeRequestData.class);
        this.views = views;
        this.groups = groups;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, ConsumerGroupDescribeRequestData request) {
        if (!ConsumerGroupHeartbeatHandler.isEnabled(views.get())) {
            return CompletableFuture.completedFuture(
                    refusal(context, request, Errors.UNSUPPORTED_VERSION));
        }
        return groups.describeConsumerGroups(context, request.groupIds())
                .thenApply(described -> answer(described, request.includeAuthorizedOperations()));
    }

    @Override
    ApiMessage refusal(
            ClientContext context, ConsumerGroupDescribeRequestData request, Errors error) {
        List<DescribedGroup> refused =
                request.groupIds().stream()
                        .map(group ->
                                new DescribedGroup()
                                        .setGroupId(group)
                                        .setErrorCode(error.code())
                                        .setErrorMessage(error.message()))
                        .toList();
        return new ConsumerGroupDescribeResponseData().setGroups(refused);
    }

    private static ApiMessage answer(List<DescribedGroup> described, boolean withOperations) {
        if (withOperations) {
            described.stream()
                    .filter(group -> group.errorCode() == Errors.NONE.code())
                    .forEach(group -> group.setAuthorizedOperations(GroupOperations.ALL));
        }
        return new ConsumerGroupDescribeResponseData().setGroups(described);
    }
}
