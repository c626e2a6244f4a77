package io.takhin.protocol;

import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.RequestHeader;

/** What a whole, well-formed frame turned out to be. */
public sealed interface Decoded {
    /** A request for a handler. */
    record Accepted(Request request) implements Decoded {}

    /**
     * A request whose answer needs no handler: ApiVersions in a version this broker does not know
     * (KIP-511).
     *
     * @param header already in the version in which the answer is to be written
     */
    record Answered(RequestHeader header, ApiMessage response) implements Decoded {}
}
