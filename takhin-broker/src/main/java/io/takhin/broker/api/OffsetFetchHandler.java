package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import io.takhin.metadata.ClusterView;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;

/**
 * OffsetFetch: how far groups have come. From version 8 on for several groups at once (KIP-709),
 * from version 10 on with topics by id (KIP-848).
 */
final class OffsetFetchHandler extends GroupHandler<OffsetFetchRequestData> {
    private final Supplier<ClusterView> views;
    private final GroupCoordination groups;

    OffsetFetchHandler(Supplier<ClusterView> views, GroupCoordination groups) {
        super(ApiKeys.OFFSET_FETCH, OffsetFetchRequestData.class);
        this.views = views;
        this.groups = groups;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, OffsetFetchRequestData request) {
        ClusterView view = views.get();
        List<CompletableFuture<OffsetFetchResponseGroup>> answers =
                groups(context, request).stream()
                        .map(group -> fetch(context, view, group, request.requireStable()))
                        .toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(_ ->
                        shaped(context, answers.stream().map(CompletableFuture::join).toList()));
    }

    @Override
    ApiMessage refusal(ClientContext context, OffsetFetchRequestData request, Errors error) {
        return shaped(
                context,
                groups(context, request).stream()
                        .map(group -> refused(context, group, error))
                        .toList());
    }

    /** One group outside of any list before version 8. */
    private static List<OffsetFetchRequestGroup> groups(
            ClientContext context, OffsetFetchRequestData request) {
        if (context.requestVersion() >= OffsetFetchRequest.BATCH_MIN_VERSION) {
            return request.groups();
        }
        OffsetFetchRequestGroup group =
                new OffsetFetchRequestGroup().setGroupId(request.groupId()).setTopics(null);
        if (request.topics() != null) {
            group.setTopics(
                    request.topics().stream()
                            .map(topic ->
                                    new OffsetFetchRequestTopics()
                                            .setName(topic.name())
                                            .setPartitionIndexes(topic.partitionIndexes()))
                            .toList());
        }
        return List.of(group);
    }

    private CompletableFuture<OffsetFetchResponseGroup> fetch(
            ClientContext context,
            ClusterView view,
            OffsetFetchRequestGroup group,
            boolean requireStable) {
        boolean byId = context.requestVersion() >= OffsetFetchRequest.TOPIC_ID_MIN_VERSION;
        boolean all = group.topics() == null;
        List<OffsetFetchResponseTopics> unknown = new ArrayList<>();
        if (byId && !all) {
            group.setTopics(named(view, group.topics(), unknown));
        }
        return groups.fetchOffsets(context, group, requireStable)
                .handle((fetched, failure) ->
                        failure == null
                                ? fetched
                                : refused(context, group, Errors.forException(failure)))
                .thenApply(fetched -> {
                    if (fetched.errorCode() != Errors.NONE.code()) {
                        return fetched;
                    }
                    List<OffsetFetchResponseTopics> topics = new ArrayList<>(fetched.topics());
                    if (byId && all) {
                        topics.removeIf(topic -> !identified(view, topic));
                    }
                    topics.addAll(unknown);
                    return fetched.setTopics(topics);
                });
    }

    /** Gives topics their names; those that have none are answered without the coordinator. */
    private static List<OffsetFetchRequestTopics> named(
            ClusterView view,
            List<OffsetFetchRequestTopics> topics,
            List<OffsetFetchResponseTopics> unknown) {
        List<OffsetFetchRequestTopics> named = new ArrayList<>(topics.size());
        for (OffsetFetchRequestTopics topic : topics) {
            ClusterView.Topic found = view.topic(topic.topicId());
            if (found == null) {
                unknown.add(unknown(topic));
            } else {
                named.add(topic.setName(found.name()));
            }
        }
        return named;
    }

    private static OffsetFetchResponseTopics unknown(OffsetFetchRequestTopics topic) {
        return new OffsetFetchResponseTopics()
                .setTopicId(topic.topicId())
                .setPartitions(
                        topic.partitionIndexes().stream()
                                .map(index ->
                                        new OffsetFetchResponsePartitions()
                                                .setPartitionIndex(index)
                                                .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code())
                                                .setCommittedOffset(
                                                        OffsetFetchResponse.INVALID_OFFSET)
                                                .setMetadata(OffsetFetchResponse.NO_METADATA))
                                .toList());
    }

    /** A topic that was deleted has no id any more, and an answer by id no place for it. */
    private static boolean identified(ClusterView view, OffsetFetchResponseTopics topic) {
        ClusterView.Topic found = view.topic(topic.name());
        if (topic.topicId().equals(Uuid.ZERO_UUID) && found != null) {
            topic.setTopicId(found.id());
        }
        return !topic.topicId().equals(Uuid.ZERO_UUID);
    }

    private static OffsetFetchResponseGroup refused(
            ClientContext context, OffsetFetchRequestGroup group, Errors error) {
        return OffsetFetchResponse.groupError(group, error, context.requestVersion());
    }

    private static ApiMessage shaped(ClientContext context, List<OffsetFetchResponseGroup> groups) {
        return new OffsetFetchResponse.Builder(groups)
                .build((short) context.requestVersion())
                .data();
    }
}
