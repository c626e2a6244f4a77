package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import io.takhin.metadata.ClusterView;
import java.util.ArrayList;
import java.util.List;
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
import org.jspecify.annotations.Nullable;

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
            ClusterView.Topic found = view.topic(topic.name());
            List<OffsetDeleteRequestPartition> kept = new ArrayList<>();
            for (OffsetDeleteRequestPartition partition : topic.partitions()) {
                if (exists(found, partition.partitionIndex())) {
                    kept.add(partition);
                } else {
                    answer.addPartition(
                            topic.name(),
                            partition.partitionIndex(),
                            Errors.UNKNOWN_TOPIC_OR_PARTITION);
                }
            }
            if (!kept.isEmpty()) {
                known.add(topic.duplicate().setPartitions(kept));
            }
        }
        return groups.deleteOffsets(context, request.setTopics(known))
                .thenApply(deleted -> answer.merge(deleted).build().data());
    }

    private static boolean exists(ClusterView.@Nullable Topic topic, int index) {
        return topic != null && index >= 0 && index < topic.partitions().size();
    }

    @Override
    ApiMessage refusal(ClientContext context, OffsetDeleteRequestData request, Errors error) {
        return new OffsetDeleteResponseData().setErrorCode(error.code());
    }
}
