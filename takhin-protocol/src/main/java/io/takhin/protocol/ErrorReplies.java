package io.takhin.protocol;

import java.nio.ByteBuffer;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ProduceRequest;
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
        AbstractResponse response = asKafkaRequest(request).getErrorResponse(cause);
        return response == null ? null : response.data();
    }

    private static AbstractRequest asKafkaRequest(Request request) {
        if (request.apiKey() == ApiKeys.PRODUCE) {
            // Its records may be gone by now; nothing here looks at them.
            return new ProduceRequest((ProduceRequestData) request.body(), request.version());
        }
        // Kafka has no way from a message to its request class but through bytes.
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(request.body().size(cache, request.version()));
        request.body().write(new ByteBufferAccessor(bytes), cache, request.version());
        return AbstractRequest.parseRequest(
                        request.apiKey(), request.version(), new ByteBufferAccessor(bytes.flip()))
                .request;
    }
}
