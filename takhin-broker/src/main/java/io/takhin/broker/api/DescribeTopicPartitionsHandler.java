package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeTopicPartitions (KIP-966): topics in the order of their names, a page at a time, so that
 * a cluster with very many partitions can be described in answers of bounded size.
 */
public final class DescribeTopicPartitionsHandler implements ApiHandler {
    /** The longest page, whatever the client asks for. */
    private static final int PARTITIONS_MAX = 2000;

    private final Supplier<ClusterView> view;

    public DescribeTopicPartitionsHandler(Supplier<ClusterView> view) {
        this.view = view;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_TOPIC_PARTITIONS;
    }

    @Override
    public void handle(Exchange exchange) {
        DescribeTopicPartitionsRequestData request =
                (DescribeTopicPartitionsRequestData) exchange.request().body();
        exchange.reply(
                isCursorWrong(request) ? refusal(request) : new Page(request, view.get()).fill());
    }

    private static boolean isCursorWrong(DescribeTopicPartitionsRequestData request) {
        DescribeTopicPartitionsRequestData.Cursor cursor = request.cursor();
        if (cursor == null) {
            return false;
        }
        boolean listed =
                request.topics().isEmpty()
                        || request.topics().stream()
                                .anyMatch(topic -> topic.name().equals(cursor.topicName()));
        return !listed || cursor.partitionIndex() < 0;
    }

    /** The answer has a place for errors only with topics: those asked for, else the cursor's. */
    private static DescribeTopicPartitionsResponseData refusal(
            DescribeTopicPartitionsRequestData request) {
        DescribeTopicPartitionsResponseData answer = new DescribeTopicPartitionsResponseData();
        Stream<String> names =
                request.topics().isEmpty()
                        ? Stream.of(request.cursor().topicName())
                        : request.topics().stream().map(TopicRequest::name).distinct();
        names.forEach(name ->
                answer.topics()
                        .add(
                                new DescribeTopicPartitionsResponseTopic()
                                        .setName(name)
                                        .setErrorCode(Errors.INVALID_REQUEST.code())));
        return answer;
    }

    /** The answer to one request, filled until it is full. */
    private static final class Page {
        private final DescribeTopicPartitionsRequestData request;
        private final ClusterView view;
        private final DescribeTopicPartitionsResponseData answer =
                new DescribeTopicPartitionsResponseData();
        private int room;

        Page(DescribeTopicPartitionsRequestData request, ClusterView view) {
            this.request = request;
            this.view = view;
            this.room = Math.clamp(request.responsePartitionLimit(), 1, PARTITIONS_MAX);
        }

        DescribeTopicPartitionsResponseData fill() {
            for (String name : names()) {
                if (room == 0) {
                    return endsBefore(name, 0);
                }
                ClusterView.Topic topic = view.topic(name);
                int from = firstPartition(name);
                if (topic != null) {
                    int to = Math.min(topic.partitions().size(), from + room);
                    add(topic, Math.min(from, to), to);
                    if (to < topic.partitions().size()) {
                        return endsBefore(name, to);
                    }
                } else if (!request.topics().isEmpty()) {
                    addUnknown(name);
                }
            }
            return answer;
        }

        private SortedSet<String> names() {
            SortedSet<String> names =
                    (request.topics().isEmpty()
                                    ? view.topics().stream().map(ClusterView.Topic::name)
                                    : request.topics().stream().map(TopicRequest::name))
                            .collect(Collectors.toCollection(TreeSet::new));
            return request.cursor() == null ? names : names.tailSet(request.cursor().topicName());
        }

        private int firstPartition(String name) {
            DescribeTopicPartitionsRequestData.Cursor cursor = request.cursor();
            return cursor != null && cursor.topicName().equals(name) ? cursor.partitionIndex() : 0;
        }

        private DescribeTopicPartitionsResponseData endsBefore(String topic, int partition) {
            return answer.setNextCursor(
                    new Cursor().setTopicName(topic).setPartitionIndex(partition));
        }

        private void add(ClusterView.Topic topic, int from, int to) {
            List<DescribeTopicPartitionsResponsePartition> partitions =
                    topic.partitions().subList(from, to).stream().map(this::message).toList();
            room -= partitions.size();
            answer.topics()
                    .add(
                            new DescribeTopicPartitionsResponseTopic()
                                    .setName(topic.name())
                                    .setTopicId(topic.id())
                                    .setIsInternal(Topic.isInternal(topic.name()))
                                    .setTopicAuthorizedOperations(AuthorizedOperations.TOPIC)
                                    .setPartitions(partitions));
        }

        private void addUnknown(String name) {
            Errors error =
                    Topic.isValid(name)
                            ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                            : Errors.INVALID_TOPIC_EXCEPTION;
            answer.topics()
                    .add(
                            new DescribeTopicPartitionsResponseTopic()
                                    .setName(name)
                                    .setErrorCode(error.code())
                                    .setIsInternal(Topic.isInternal(name))
                                    .setTopicAuthorizedOperations(AuthorizedOperations.TOPIC));
        }

        private DescribeTopicPartitionsResponsePartition message(ClusterView.Partition partition) {
            return new DescribeTopicPartitionsResponsePartition()
                    .setPartitionIndex(partition.index())
                    .setLeaderId(isAlive(partition.leader()) ? partition.leader() : -1)
                    .setLeaderEpoch(partition.leaderEpoch())
                    .setReplicaNodes(partition.replicas())
                    .setIsrNodes(partition.inSync())
                    .setEligibleLeaderReplicas(partition.eligibleLeaders())
                    .setLastKnownElr(partition.lastKnownEligibleLeaders())
                    .setOfflineReplicas(
                            partition.replicas().stream().filter(id -> !isAlive(id)).toList());
        }

        private boolean isAlive(int broker) {
            ClusterView.BrokerNode node = view.broker(broker);
            return node != null && node.alive();
        }
    }
}
