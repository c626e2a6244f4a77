package io.takhin.coordinator;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** Commits and fetches for one group outside of any membership, as admin tools do. */
final class CommittedOffsets {
    private final Groups groups;
    private final String group;

    CommittedOffsets(Groups groups, String group) {
        this.groups = groups;
        this.group = group;
    }

    CompletableFuture<OffsetCommitResponseData> send(String topic, int partition, long offset) {
        return send(topic, partition, offset, "");
    }

    CompletableFuture<OffsetCommitResponseData> send(
            String topic, int partition, long offset, String metadata) {
        OffsetCommitRequestTopic committed =
                new OffsetCommitRequestTopic()
                        .setName(topic)
                        .setPartitions(
                                List.of(
                                        new OffsetCommitRequestPartition()
                                                .setPartitionIndex(partition)
                                                .setCommittedOffset(offset)
                                                .setCommittedMetadata(metadata)));
        return groups.coordination.commitOffsets(
                Groups.context(ApiKeys.OFFSET_COMMIT, (short) 9),
                new OffsetCommitRequestData().setGroupId(group).setTopics(List.of(committed)));
    }

    Errors commit(String topic, int partition, long offset) {
        return error(Groups.get(send(topic, partition, offset)));
    }

    static Errors error(OffsetCommitResponseData answer) {
        return Errors.forCode(answer.topics().getFirst().partitions().getFirst().errorCode());
    }

    CompletableFuture<OffsetFetchResponseGroup> ask(String topic, boolean requireStable) {
        OffsetFetchRequestTopics wanted =
                new OffsetFetchRequestTopics().setName(topic).setPartitionIndexes(List.of(0));
        return groups.coordination.fetchOffsets(
                Groups.context(ApiKeys.OFFSET_FETCH, (short) 9),
                new OffsetFetchRequestGroup().setGroupId(group).setTopics(List.of(wanted)),
                requireStable);
    }

    /** Of partition 0; -1 where none is committed. */
    long fetch(String topic) {
        return offset(Groups.get(ask(topic, false)));
    }

    static long offset(OffsetFetchResponseGroup answer) {
        return answer.topics().getFirst().partitions().getFirst().committedOffset();
    }
}
