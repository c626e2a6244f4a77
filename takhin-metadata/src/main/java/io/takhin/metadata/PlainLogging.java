package io.takhin.metadata;

import org.apache.kafka.common.utils.LogContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logging for Kafka's classes without a prefix: there is one node in a process. Kafka's own loggers
 * with a prefix put each message together before they ask whether anybody reads it, which a start
 * pays for.
 *
 * <p>Threads: any.
 */
final class PlainLogging extends LogContext {
    @Override
    public Logger logger(Class<?> type) {
        return LoggerFactory.getLogger(type);
    }

    @Override
    public Logger logger(String name) {
        return LoggerFactory.getLogger(name);
    }
}
