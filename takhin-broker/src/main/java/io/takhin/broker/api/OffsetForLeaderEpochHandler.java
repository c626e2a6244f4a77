package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import io.takhin.replication.Partition;
import java.util.concurrent.Executor;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Where a leader's epoch ended, so that a reader can tell whether its log was cut (KIP-101,
 * KIP-320).
 */
public final class OffsetForLeaderEpochHandler implements ApiHandler {
    private final ReplicaLookup replicas;
    private final Executor checks;

    /**
     * @param checks runs what has to look into files: the first question about a log after a start
     */
    public OffsetForLeaderEpochHandler(ReplicaLookup replicas, Executor checks) {
        this.replicas = replicas;
        this.checks = checks;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.OFFSET_FOR_LEADER_EPOCH;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (OffsetForLeaderEpochRequestData) exchange.request().body();
        if (needsFiles(request)) {
            Answers.give(exchange, checks, () -> answer(request));
        } else {
            exchange.reply(answer(request));
        }
    }

    private boolean needsFiles(OffsetForLeaderEpochRequestData request) {
        ClusterView view = replicas.view();
        for (OffsetForLeaderTopic topic : request.topics()) {
            ClusterView.Topic found = view.topic(topic.topic());
            for (OffsetForLeaderPartition wanted : topic.partitions()) {
                Partition partition = replicas.find(found, wanted.partition());
                if (partition != null && !partition.log().epochs().areChecked()) {
                    return true;
                }
            }
        }
        return false;
    }

    private OffsetForLeaderEpochResponseData answer(OffsetForLeaderEpochRequestData request) {
        ClusterView view = replicas.view();
        OffsetForLeaderEpochResponseData response = new OffsetForLeaderEpochResponseData();
        for (OffsetForLeaderTopic topic : request.topics()) {
            ClusterView.Topic found = view.topic(topic.topic());
            OffsetForLeaderTopicResult answer =
                    new OffsetForLeaderTopicResult().setTopic(topic.topic());
            topic.partitions().forEach(wanted -> answer.partitions().add(end(found, wanted)));
            response.topics().add(answer);
        }
        return response;
    }

    private EpochEndOffset end(ClusterView.@Nullable Topic topic, OffsetForLeaderPartition wanted) {
        EpochEndOffset answer = new EpochEndOffset().setPartition(wanted.partition());
        Partition partition = replicas.find(topic, wanted.partition());
        Errors error =
                partition == null
                        ? ReplicaLookup.whyMissing(topic, wanted.partition())
                        : partition.checkLeader(wanted.currentLeaderEpoch());
        if (partition == null || error != Errors.NONE) {
            return answer.setErrorCode(error.code());
        }
        // The end of the log, not the high watermark: a new leader's lags behind what its readers
        // have seen, and they must not take that for a cut.
        var log = partition.log();
        try {
            var end = log.epochs().endOf(wanted.leaderEpoch(), log.logEndOffset());
            return answer.setLeaderEpoch(end.leaderEpoch()).setEndOffset(end.endOffset());
        } catch (KafkaStorageException _) {
            // The other partitions have their own disks.
            return answer.setErrorCode(Errors.KAFKA_STORAGE_ERROR.code());
        }
    }
}
