package io.takhin.broker.api;

import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes of log levels while the broker runs (KIP-412). They end with the process. */
final class LoggerChange {
    private static final Logger log = LoggerFactory.getLogger(LoggerChange.class);
    private static final String ROOT = "root";

    private final LoggerConfigs loggers;

    LoggerChange(LoggerConfigs loggers) {
        this.loggers = loggers;
    }

    Optional<Problem> problem(ConfigChange change) {
        return change.operations().stream().flatMap(it -> problem(it).stream()).findFirst();
    }

    private Optional<Problem> problem(ConfigChange.Operation operation) {
        String logger = operation.name();
        OpType type = Objects.requireNonNull(operation.type());
        if (type == OpType.APPEND || type == OpType.SUBTRACT) {
            return Optional.of(
                    Problem.invalidRequest(
                            type + " operation is not allowed for the BROKER_LOGGER resource"));
        }
        if (!loggers.isLogger(logger)) {
            return invalid("Logger " + logger + " does not exist!");
        }
        if (type == OpType.DELETE) {
            return logger.equals(ROOT)
                    ? Optional.of(
                            Problem.invalidRequest(
                                    "Removing the log level of the root logger is not allowed"))
                    : Optional.empty();
        }
        String level = Objects.requireNonNull(operation.value());
        return loggers.isLevel(level)
                ? Optional.empty()
                : invalid(
                        "Cannot set the log level of %s to %s as it is not a supported log level."
                                        .formatted(logger, level)
                                + " Valid log levels are TRACE, DEBUG, INFO, WARN, ERROR, FATAL");
    }

    private static Optional<Problem> invalid(String why) {
        return Optional.of(new Problem(Errors.INVALID_CONFIG, why));
    }

    /** Of a change without problem. */
    void apply(ConfigChange change) {
        for (ConfigChange.Operation operation : change.operations()) {
            String level = operation.value();
            if (operation.type() == OpType.DELETE || level == null) {
                loggers.unset(operation.name());
                log.info("logger={} has no level of its own any more", operation.name());
            } else {
                loggers.set(operation.name(), level.toUpperCase(Locale.ROOT));
                log.info("logger={} level={}", operation.name(), level);
            }
        }
    }
}
