package io.takhin.protocol;

import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * One decoded request.
 *
 * <p>The body of a Produce request holds its record batches as slices of the receive buffer; they
 * are valid only until the handler returns. Every other body owns its bytes.
 */
public record Request(RequestHeader header, ApiMessage body) {
    public ApiKeys apiKey() {
        return header.apiKey();
    }

    public short version() {
        return header.apiVersion();
    }

    public String clientId() {
        return header.clientId();
    }
}
