package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import io.takhin.replication.Partition;
import java.util.concurrent.Executor;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.jspecify.annotations.Nullable;

/** Moves the start of logs forward (KIP-107). */
public final class DeleteRecordsHandler implements ApiHandler {
    private final ReplicaLookup replicas;
    private final Executor fileWork;

    public DeleteRecordsHandler(ReplicaLookup replicas, Executor fileWork) {
        this.replicas = replicas;
        this.fileWork = fileWork;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DELETE_RECORDS;
    }

    @Override
    public void handle(Exchange exchange) {
        Answers.give(exchange, fileWork, () -> answer(exchange));
    }

    private DeleteRecordsResponseData answer(Exchange exchange) {
        var request = (DeleteRecordsRequestData) exchange.request().body();
        ClusterView view = replicas.view();
        DeleteRecordsResponseData response = new DeleteRecordsResponseData();
        request.topics()
                .forEach(topic -> {
                    ClusterView.Topic found = view.topic(topic.name());
                    DeleteRecordsTopicResult answer =
                            new DeleteRecordsTopicResult().setName(topic.name());
                    topic.partitions()
                            .forEach(wanted -> answer.partitions().add(cut(found, wanted)));
                    response.topics().add(answer);
                });
        return response;
    }

    private DeleteRecordsPartitionResult cut(
            ClusterView.@Nullable Topic topic, DeleteRecordsPartition wanted) {
        DeleteRecordsPartitionResult answer =
                new DeleteRecordsPartitionResult()
                        .setPartitionIndex(wanted.partitionIndex())
                        .setLowWatermark(-1);
        Partition partition = replicas.find(topic, wanted.partitionIndex());
        if (topic == null || partition == null) {
            Errors why = ReplicaLookup.whyMissing(topic, wanted.partitionIndex());
            return answer.setErrorCode(why.code());
        }
        if (Topic.isInternal(topic.name())) {
            return answer.setErrorCode(Errors.INVALID_TOPIC_EXCEPTION.code());
        }
        Errors error = partition.checkLeader(-1);
        if (error == Errors.NONE) {
            long before =
                    wanted.offset() == DeleteRecordsRequest.HIGH_WATERMARK
                            ? partition.highWatermark()
                            : wanted.offset();
            error = cut(partition, before);
        }
        return error == Errors.NONE
                ? answer.setLowWatermark(partition.log().logStartOffset())
                : answer.setErrorCode(error.code());
    }

    private static Errors cut(Partition partition, long before) {
        try {
            return partition.deleteRecordsBefore(before);
        } catch (KafkaStorageException e) {
            return Errors.KAFKA_STORAGE_ERROR;
        }
    }
}
