package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import io.takhin.metadata.ClusterView;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetDeleteResponse;

/** OffsetDelete: committed offsets of single partitions are forgotten (KIP-496). */
final class OffsetDeleteHandler extends GroupHandler<OffsetDeleteRequestData> {
    private final Supplier<ClusterView> views;
    private final GroupCoordination groups;

    OffsetDeleteHandler(Supplier<ClusterView> views, GroupCoordination groups) {
        super(ApiKeys.OFFSET_DELETE, OffsetDeleteRequestData.class);
        this.views = views;
        this.groups = groups;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, OffsetDeleteRequestData request) {
        ClusterView view = views.get();
        OffsetDeleteResponse.Builder answer = new OffsetDeleteResponse.Builder();
        OffsetDeleteRequestTopicCollection known = new OffsetDeleteRequestTopicCollection();
        for (OffsetDeleteRequestTopic topic : request.topics()) {
            if (view.topic(topic.name()) != null) {
                known.add(topic.duplicate());
            } else {
                answer.addPartitions(
                        topic.name(),
                        topic.partitions(),
                        OffsetDeleteRequestPartition::partitionIndex,
                        Errors.UNKNOWN_TOPIC_OR_PARTITION);
            }
        }
        return groups.deleteOffsets(context, request.setTopics(known))
                .thenApply(deleted -> answer.merge(deleted).build().data());
    }

    @Override
    ApiMessage refusal(ClientContext context, OffsetDeleteRequestData request, Errors error) {
        return new OffsetDeleteResponseData().setErrorCode(error.code());
    }
}
