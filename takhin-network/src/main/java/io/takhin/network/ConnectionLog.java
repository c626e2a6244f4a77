package io.takhin.network;

import io.takhin.protocol.ReplyErrors;
import io.takhin.protocol.Request;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Set;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the log tells of one connection: at debug level its life and every request that was answered
 * with an error, above that what broke it. A request that went well is counted, not logged.
 */
final class ConnectionLog {
    private static final Logger log = LoggerFactory.getLogger(Connection.class);

    private final long id;
    private final InetSocketAddress address;
    private final String listener;

    ConnectionLog(long id, InetSocketAddress address, String listener) {
        this.id = id;
        this.address = address;
        this.listener = listener;
    }

    void opened() {
        log.debug("connection {} of {} on {}: opened", id, address, listener);
    }

    /** The client said what it is (KIP-511). */
    void named(Request request, ApiVersionsRequestData client) {
        log.debug(
                "connection {} of {} on {}: software={} version={} client.id={}",
                id,
                address,
                listener,
                client.clientSoftwareName(),
                client.clientSoftwareVersion(),
                request.clientId());
    }

    void replying(Request request, ApiMessage response) {
        if (log.isDebugEnabled()) {
            Set<Errors> errors = ReplyErrors.in(response, request.version());
            if (!errors.isEmpty()) {
                log.debug(
                        "connection {} of {} on {}: {} version={} client.id={} is answered {}",
                        id,
                        address,
                        listener,
                        request.apiKey(),
                        request.version(),
                        request.clientId(),
                        errors);
            }
        }
    }

    void closedByClient() {
        log.debug("connection {} of {} on {}: closed by the client", id, address, listener);
    }

    void idle() {
        log.debug("connection {} of {} on {}: closed, idle", id, address, listener);
    }

    /** The network broke the connection, or the client did without saying good-bye. */
    void failed(IOException e) {
        log.debug("connection {} of {} on {}: failed", id, address, listener, e);
    }

    void cannotClose(IOException e) {
        log.debug("connection {} of {} on {}: cannot be closed", id, address, listener, e);
    }

    /** Closed for a reason that the operator should see. */
    void broken(@Nullable String why) {
        log.warn("closed connection {} of {} on {}: {}", id, address, listener, why);
    }

    void handlerFailed(Request request, RuntimeException e) {
        log.error("the handler of {} failed", request.header(), e);
    }
}
