package io.takhin.broker.api;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Loggers root and io.takhin, both at INFO at first. */
final class FakeLoggers implements LoggerConfigs {
    private final Map<String, String> levels =
            new TreeMap<>(Map.of("root", "INFO", "io.takhin", "INFO"));

    @Override
    public Map<String, String> levels() {
        return levels;
    }

    @Override
    public boolean isLogger(String name) {
        return levels.containsKey(name);
    }

    @Override
    public boolean isLevel(String level) {
        return Set.of("DEBUG", "INFO").contains(level);
    }

    @Override
    public void set(String logger, String level) {
        levels.put(logger, level);
    }

    @Override
    public void unset(String logger) {
        levels.put(logger, "INFO");
    }
}
