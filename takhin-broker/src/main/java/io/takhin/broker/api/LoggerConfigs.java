package io.takhin.broker.api;

import java.util.Map;

/**
 * The loggers of this broker and their levels, in the words of KIP-412: the root logger is {@code
 * root}.
 *
 * <p>Threads: any.
 */
public interface LoggerConfigs {
    /** Effective levels by logger. */
    Map<String, String> levels();

    boolean isLogger(String name);

    boolean isLevel(String level);

    /** Takes effect at once. */
    void set(String logger, String level);

    /** The logger inherits its level again. Not for the root, which inherits from none. */
    void unset(String logger);
}
