package io.takhin.broker.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The level of each logger, to be read and changed while the broker runs. Speaks the words of
 * Kafka's broker loggers (KIP-412): the root logger is {@code root}, and FATAL means ERROR, which
 * is the highest level there is here.
 *
 * <p>Threads: any.
 */
public final class LogLevels {
    /** The name of the logger all others inherit from. */
    public static final String ROOT = "root";

    private static final Set<String> LEVELS =
            Set.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL");

    private final LoggerContext context;

    LogLevels(LoggerContext context) {
        this.context = context;
    }

    /** The effective level of every logger, by name. */
    public Map<String, String> all() {
        Map<String, String> levels = new TreeMap<>();
        for (Logger logger : context.getLoggerList()) {
            levels.put(nameOf(logger), logger.getEffectiveLevel().toString());
        }
        return levels;
    }

    public boolean isLogger(String name) {
        return context.exists(internalName(name)) != null;
    }

    public static boolean isLevel(String text) {
        return LEVELS.contains(text.toUpperCase(Locale.ROOT));
    }

    /** Takes effect at once. The level must be one by {@link #isLevel}. */
    public void set(String logger, String level) {
        if (!isLevel(level)) {
            throw new IllegalArgumentException("no such level: " + level);
        }
        context.getLogger(internalName(logger)).setLevel(Level.toLevel(level, Level.ERROR));
    }

    /** The logger inherits its level again. The root inherits from none and keeps its own. */
    public void unset(String logger) {
        if (!logger.equals(ROOT)) {
            context.getLogger(logger).setLevel(null);
        }
    }

    private static String internalName(String name) {
        return name.equals(ROOT) ? org.slf4j.Logger.ROOT_LOGGER_NAME : name;
    }

    private static String nameOf(Logger logger) {
        String name = logger.getName();
        return name.equals(org.slf4j.Logger.ROOT_LOGGER_NAME) ? ROOT : name;
    }
}
