package io.takhin.protocol;

import java.nio.ByteBuffer;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponseCollection;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.ProduceResponse;
import org.jspecify.annotations.Nullable;

/** The answer that says "all of this failed", for a request of any key. */
public final class ErrorReplies {
    private ErrorReplies() {}

    /** Null when the request wants no answer: Produce with acks=0. */
    public static @Nullable ApiMessage to(Request request, Errors error) {
        return to(request, error.exception());
    }

    /** As above; the error code is the one Kafka gives the exception. */
    public static @Nullable ApiMessage to(Request request, Throwable cause) {
        return switch (request.body()) {
            case ProduceRequestData produce -> produceReply(produce, ApiError.fromThrowable(cause));
            case DescribeUserScramCredentialsRequestData scram when scram.users() == null ->
                    // Kafka's own class fails on this one.
                    new DescribeUserScramCredentialsResponseData()
                            .setErrorCode(ApiError.fromThrowable(cause).error().code())
                            .setErrorMessage(ApiError.fromThrowable(cause).message());
            default -> asKafkaRequest(request).getErrorResponse(cause).data();
        };
    }

    /** Not by Kafka's class, which looks at the records: they may be gone by now. */
    private static @Nullable ApiMessage produceReply(ProduceRequestData request, ApiError error) {
        if (request.acks() == 0) {
            return null;
        }
        TopicProduceResponseCollection topics = new TopicProduceResponseCollection();
        for (TopicProduceData topic : request.topicData()) {
            topics.add(
                    new TopicProduceResponse()
                            .setName(topic.name())
                            .setTopicId(topic.topicId())
                            .setPartitionResponses(
                                    topic.partitionData().stream()
                                            .map(partition -> partitionReply(partition, error))
                                            .toList()));
        }
        return new ProduceResponseData().setResponses(topics);
    }

    private static PartitionProduceResponse partitionReply(
            PartitionProduceData partition, ApiError error) {
        return new PartitionProduceResponse()
                .setIndex(partition.index())
                .setBaseOffset(ProduceResponse.INVALID_OFFSET)
                .setLogAppendTimeMs(RecordBatch.NO_TIMESTAMP)
                .setLogStartOffset(ProduceResponse.INVALID_OFFSET)
                .setErrorCode(error.error().code())
                .setErrorMessage(error.message());
    }

    /** Kafka has no way from a message to its request class but through bytes. */
    private static AbstractRequest asKafkaRequest(Request request) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(request.body().size(cache, request.version()));
        request.body().write(new ByteBufferAccessor(bytes), cache, request.version());
        return AbstractRequest.parseRequest(
                        request.apiKey(), request.version(), new ByteBufferAccessor(bytes.flip()))
                .request;
    }
}
