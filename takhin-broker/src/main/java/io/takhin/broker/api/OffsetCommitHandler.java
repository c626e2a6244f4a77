package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import io.takhin.metadata.ClusterView;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;

/**
 * OffsetCommit: how far a group has come. From version 10 on topics come by id (KIP-848). What is
 * unknown to this broker is refused partition by partition; the rest is committed.
 */
final class OffsetCommitHandler extends GroupHandler<OffsetCommitRequestData> {
    private final Supplier<ClusterView> views;
    private final GroupCoordination groups;

    OffsetCommitHandler(Supplier<ClusterView> views, GroupCoordination groups) {
        super(ApiKeys.OFFSET_COMMIT, OffsetCommitRequestData.class);
        this.views = views;
        this.groups = groups;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, OffsetCommitRequestData request) {
        boolean byId = OffsetCommitResponse.useTopicIds((short) context.requestVersion());
        OffsetCommitResponse.Builder answer = OffsetCommitResponse.newBuilder(byId);
        ClusterView view = views.get();
        List<OffsetCommitRequestTopic> known = new ArrayList<>(request.topics().size());
        for (OffsetCommitRequestTopic topic : request.topics()) {
            ClusterView.Topic found = byId ? view.topic(topic.topicId()) : view.topic(topic.name());
            if (found == null) {
                refuse(
                        answer,
                        topic,
                        topic.partitions(),
                        byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION);
            } else if (keepKnownPartitions(answer, topic.setName(found.name()), found)) {
                // Stored with the offset, so that it is not taken for a later topic's of this name.
                known.add(topic.setTopicId(found.id()));
            }
        }
        if (known.isEmpty()) {
            return CompletableFuture.completedFuture(answer.build().data());
        }
        return groups.commitOffsets(context, request.setTopics(known))
                .thenApply(committed -> answer.merge(committed).build().data());
    }

    @Override
    ApiMessage refusal(ClientContext context, OffsetCommitRequestData request, Errors error) {
        return OffsetCommitRequest.getErrorResponse(request, error);
    }

    /** Returns false when no partition is left. */
    private static boolean keepKnownPartitions(
            OffsetCommitResponse.Builder answer,
            OffsetCommitRequestTopic topic,
            ClusterView.Topic found) {
        int count = found.partitions().size();
        List<OffsetCommitRequestPartition> unknown =
                topic.partitions().stream()
                        .filter(each -> !isBelow(each.partitionIndex(), count))
                        .toList();
        if (!unknown.isEmpty()) {
            refuse(answer, topic, unknown, Errors.UNKNOWN_TOPIC_OR_PARTITION);
            topic.setPartitions(
                    topic.partitions().stream()
                            .filter(each -> isBelow(each.partitionIndex(), count))
                            .toList());
        }
        return !topic.partitions().isEmpty();
    }

    private static boolean isBelow(int index, int count) {
        return index >= 0 && index < count;
    }

    private static void refuse(
            OffsetCommitResponse.Builder answer,
            OffsetCommitRequestTopic topic,
            List<OffsetCommitRequestPartition> partitions,
            Errors error) {
        answer.addPartitions(
                topic.topicId(),
                topic.name(),
                partitions,
                OffsetCommitRequestPartition::partitionIndex,
                error);
    }
}
