package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import io.takhin.replication.Partition;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** The idempotent producers a partition remembers (KIP-664). */
public final class DescribeProducersHandler implements ApiHandler {
    private final ReplicaLookup replicas;

    public DescribeProducersHandler(ReplicaLookup replicas) {
        this.replicas = replicas;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_PRODUCERS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (DescribeProducersRequestData) exchange.request().body();
        ClusterView view = replicas.view();
        DescribeProducersResponseData response = new DescribeProducersResponseData();
        request.topics()
                .forEach(topic -> {
                    ClusterView.Topic found = view.topic(topic.name());
                    TopicResponse answer = new TopicResponse().setName(topic.name());
                    topic.partitionIndexes()
                            .forEach(index -> answer.partitions().add(state(found, index)));
                    response.topics().add(answer);
                });
        exchange.reply(response);
    }

    private PartitionResponse state(ClusterView.@Nullable Topic topic, int index) {
        PartitionResponse answer = new PartitionResponse().setPartitionIndex(index);
        Partition partition = replicas.find(topic, index);
        Errors error =
                partition == null
                        ? ReplicaLookup.whyMissing(topic, index)
                        : partition.checkLeader(-1);
        if (partition == null || error != Errors.NONE) {
            return answer.setErrorCode(error.code());
        }
        partition
                .log()
                .activeProducers()
                .forEach(producer ->
                        answer.activeProducers()
                                .add(
                                        new ProducerState()
                                                .setProducerId(producer.producerId())
                                                .setProducerEpoch(producer.epoch())
                                                .setLastSequence(producer.lastSequence())
                                                .setLastTimestamp(producer.lastTimestamp())
                                                .setCoordinatorEpoch(producer.coordinatorEpoch())
                                                .setCurrentTxnStartOffset(
                                                        producer.transactionStart())));
        return answer;
    }
}
