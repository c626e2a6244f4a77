package io.takhin.broker.api;

import io.takhin.network.Exchange;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * One API key this broker announces, and what it does with its requests.
 *
 * <p>Threads: {@link #handle} runs on the connection's event loop and must not block; an answer
 * that has to wait is given later through the exchange. A handler that throws fails only its own
 * request, with the Kafka error that fits the exception.
 */
public interface ApiHandler {
    ApiKeys key();

    /** The oldest version announced and served. */
    default short oldestVersion() {
        return key().oldestVersion();
    }

    /** The newest version announced and served. */
    default short latestVersion() {
        return key().latestVersion(false);
    }

    void handle(Exchange exchange);
}
