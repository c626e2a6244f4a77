package io.takhin.broker.api;

import io.takhin.log.LogDirectory;
import io.takhin.log.PartitionLog;
import io.takhin.network.Exchange;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What lies on the broker's disk, and how large it is (KIP-113, KIP-827). A partition's size is
 * that of its record batches, without indexes. No log is ahead of its high watermark here, so no
 * log lags; none is about to move to another directory, as there is one. The metadata quorum's own
 * log is not a partition that clients know.
 */
public final class DescribeLogDirsHandler implements ApiHandler {
    private static final Logger log = LoggerFactory.getLogger(DescribeLogDirsHandler.class);

    private final LogDirectory directory;
    private final Executor fileWork;

    public DescribeLogDirsHandler(LogDirectory directory, Executor fileWork) {
        this.directory = directory;
        this.fileWork = fileWork;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_LOG_DIRS;
    }

    @Override
    public void handle(Exchange exchange) {
        Answers.give(exchange, fileWork, () -> answer(exchange));
    }

    private DescribeLogDirsResponseData answer(Exchange exchange) {
        var request = (DescribeLogDirsRequestData) exchange.request().body();
        DescribeLogDirsResult result =
                new DescribeLogDirsResult().setLogDir(directory.root().toAbsolutePath().toString());
        try {
            if (directory.isOnline()) {
                long total = directory.space().totalBytes();
                long usable = directory.space().usableBytes();
                result.setTotalBytes(positive(total)).setUsableBytes(positive(usable));
                describe(request, result);
            } else {
                result.setErrorCode(Errors.KAFKA_STORAGE_ERROR.code());
            }
        } catch (IOException e) {
            // As Kafka's ReplicaManager: not a word of the directory, and both sizes stay unknown.
            log.error("the file system of the data directory does not say how large it is", e);
            result.setErrorCode(Errors.forException(e).code());
        }
        DescribeLogDirsResponseData response = new DescribeLogDirsResponseData();
        response.results().add(result);
        return response;
    }

    /** A file system may have more bytes than a long can count; Java then answers less than 0. */
    private static long positive(long bytes) {
        return bytes < 0 ? Long.MAX_VALUE : bytes;
    }

    private void describe(DescribeLogDirsRequestData request, DescribeLogDirsResult result) {
        Set<TopicPartition> wanted = wanted(request);
        Map<String, DescribeLogDirsTopic> topics = new HashMap<>();
        for (PartitionLog each : directory.logs()) {
            TopicPartition name = each.topicPartition();
            if (request.topics() != null && !wanted.contains(name)) {
                continue;
            }
            topics.computeIfAbsent(name.topic(), topic -> new DescribeLogDirsTopic().setName(topic))
                    .partitions()
                    .add(
                            new DescribeLogDirsPartition()
                                    .setPartitionIndex(name.partition())
                                    .setPartitionSize(each.sizeInBytes()));
        }
        result.topics().addAll(topics.values());
    }

    private static Set<TopicPartition> wanted(DescribeLogDirsRequestData request) {
        Set<TopicPartition> wanted = new HashSet<>();
        if (request.topics() != null) {
            request.topics()
                    .forEach(topic ->
                            topic.partitions()
                                    .forEach(index ->
                                            wanted.add(new TopicPartition(topic.topic(), index))));
        }
        return wanted;
    }
}
