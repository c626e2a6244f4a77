package io.takhin.broker;

import io.takhin.broker.api.LoggerConfigs;
import io.takhin.broker.logging.LogLevels;
import java.util.Map;

/** The program's loggers, as admin requests see them. */
record Loggers(LogLevels loggers) implements LoggerConfigs {
    @Override
    public Map<String, String> levels() {
        return loggers.all();
    }

    @Override
    public boolean isLogger(String name) {
        return loggers.isLogger(name);
    }

    @Override
    public boolean isLevel(String level) {
        return LogLevels.isLevel(level);
    }

    @Override
    public void set(String logger, String level) {
        loggers.set(logger, level);
    }

    @Override
    public void unset(String logger) {
        loggers.unset(logger);
    }
}
