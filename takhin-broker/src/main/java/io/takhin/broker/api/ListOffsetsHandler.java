package io.takhin.broker.api;

import io.takhin.log.FoundOffset;
import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import io.takhin.replication.Partition;
import io.takhin.replication.ReadUpTo;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds offsets by timestamp, and the marks that have a timestamp of their own (KIP-79, -405,
 * -734).
 */
public final class ListOffsetsHandler implements ApiHandler {
    private static final Logger log = LoggerFactory.getLogger(ListOffsetsHandler.class);

    /** Older answers have no place for the leader epoch, and the codec refuses to leave it out. */
    private static final short LEADER_EPOCH_VERSION = 4;

    private final ReplicaLookup replicas;
    private final Executor searches;

    /**
     * @param searches runs what has to look into files
     */
    public ListOffsetsHandler(ReplicaLookup replicas, Executor searches) {
        this.replicas = replicas;
        this.searches = searches;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.LIST_OFFSETS;
    }

    @Override
    public void handle(Exchange exchange) {
        ListOffsetsRequestData request = (ListOffsetsRequestData) exchange.request().body();
        if (needsFiles(request)) {
            Answers.give(exchange, searches, () -> answer(exchange, request));
        } else {
            exchange.reply(answer(exchange, request));
        }
    }

    private static boolean needsFiles(ListOffsetsRequestData request) {
        return request.topics().stream()
                .flatMap(topic -> topic.partitions().stream())
                .anyMatch(wanted ->
                        wanted.timestamp() >= 0
                                || wanted.timestamp() == ListOffsetsRequest.MAX_TIMESTAMP);
    }

    private ListOffsetsResponseData answer(Exchange exchange, ListOffsetsRequestData request) {
        ClusterView view = replicas.view();
        ReadUpTo upTo = upTo(request);
        short version = exchange.request().version();
        Set<TopicPartition> seen = new HashSet<>();
        ListOffsetsResponseData response = new ListOffsetsResponseData();
        for (ListOffsetsTopic topic : request.topics()) {
            ListOffsetsTopicResponse answer = new ListOffsetsTopicResponse().setName(topic.name());
            response.topics().add(answer);
            ClusterView.Topic found = view.topic(topic.name());
            for (ListOffsetsPartition wanted : topic.partitions()) {
                boolean again =
                        !seen.add(new TopicPartition(topic.name(), wanted.partitionIndex()));
                answer.partitions()
                        .add(
                                again
                                        ? refused(wanted, Errors.INVALID_REQUEST)
                                        : find(found, wanted, upTo, version));
            }
        }
        return response;
    }

    private static ReadUpTo upTo(ListOffsetsRequestData request) {
        if (request.replicaId() >= 0) {
            return ReadUpTo.LOG_END;
        }
        return request.isolationLevel() == IsolationLevel.READ_COMMITTED.id()
                ? ReadUpTo.LAST_STABLE
                : ReadUpTo.HIGH_WATERMARK;
    }

    private ListOffsetsPartitionResponse find(
            ClusterView.@Nullable Topic topic,
            ListOffsetsPartition wanted,
            ReadUpTo upTo,
            short version) {
        Partition partition = replicas.find(topic, wanted.partitionIndex());
        if (partition == null) {
            return refused(wanted, ReplicaLookup.whyMissing(topic, wanted.partitionIndex()));
        }
        Errors fenced = partition.checkLeader(wanted.currentLeaderEpoch());
        if (fenced != Errors.NONE) {
            return refused(wanted, fenced);
        }
        if (version < versionOf(wanted.timestamp())) {
            return refused(wanted, Errors.UNSUPPORTED_VERSION);
        }
        try {
            FoundOffset found = search(partition, wanted.timestamp(), upTo);
            ListOffsetsPartitionResponse answer =
                    new ListOffsetsPartitionResponse()
                            .setPartitionIndex(wanted.partitionIndex())
                            .setTimestamp(found.timestamp())
                            .setOffset(found.offset());
            return version < LEADER_EPOCH_VERSION
                    ? answer
                    : answer.setLeaderEpoch(found.leaderEpoch());
        } catch (KafkaException e) {
            // The disk fails, or a producer wrote what cannot be decompressed.
            log.warn("cannot search {}: {}", partition.topicPartition(), e.getMessage());
            return refused(wanted, Errors.forException(e));
        }
    }

    /** The version of this API that brought a special timestamp. */
    private static int versionOf(long timestamp) {
        if (timestamp >= ListOffsetsRequest.EARLIEST_TIMESTAMP) {
            return 0;
        }
        if (timestamp == ListOffsetsRequest.MAX_TIMESTAMP) {
            return 7;
        }
        if (timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
            return 8;
        }
        if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP) {
            return 9;
        }
        return timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP
                ? 11
                : Integer.MAX_VALUE;
    }

    private static FoundOffset search(Partition partition, long timestamp, ReadUpTo upTo) {
        if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
            return new FoundOffset(partition.end(upTo), -1, partition.log().epochs().latest());
        }
        if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP
                || timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
            long start = partition.log().logStartOffset();
            return new FoundOffset(start, -1, partition.log().epochs().at(start));
        }
        if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP
                || timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP) {
            // Without a tier nothing is in it and nothing waits to get there.
            return FoundOffset.NONE;
        }
        FoundOffset found =
                timestamp == ListOffsetsRequest.MAX_TIMESTAMP
                        ? partition.log().findMaxTimestamp()
                        : partition.log().findByTimestamp(timestamp);
        return found.offset() < partition.end(upTo) ? found : FoundOffset.NONE;
    }

    private static ListOffsetsPartitionResponse refused(ListOffsetsPartition wanted, Errors error) {
        return new ListOffsetsPartitionResponse()
                .setPartitionIndex(wanted.partitionIndex())
                .setErrorCode(error.code());
    }
}
