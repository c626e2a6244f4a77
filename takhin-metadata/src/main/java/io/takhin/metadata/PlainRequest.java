package io.takhin.metadata;

import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;

/**
 * Any message as a request that a broker client can send. Kafka has a request class for each key;
 * between nodes only the message matters.
 */
final class PlainRequest extends AbstractRequest {
    private final ApiMessage message;

    private PlainRequest(ApiMessage message, short version) {
        super(ApiKeys.forId(message.apiKey()), version);
        this.message = message;
    }

    static Builder<PlainRequest> of(ApiMessage message) {
        return new Builder<>(ApiKeys.forId(message.apiKey())) {
            @Override
            public PlainRequest build(short version) {
                return new PlainRequest(message, version);
            }
        };
    }

    @Override
    public ApiMessage data() {
        return message;
    }

    @Override
    public AbstractResponse getErrorResponse(int throttleTimeMs, Throwable e) {
        throw new IllegalStateException("this request is sent, not answered", e);
    }
}
