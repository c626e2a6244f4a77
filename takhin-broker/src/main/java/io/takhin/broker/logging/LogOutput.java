package io.takhin.broker.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import io.takhin.broker.config.BrokerConfig;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of this process: set up once, when the configuration is known.
 *
 * <p>Threads: {@link #start} and {@link #stop} are for the main thread alone.
 */
public final class LogOutput {
    /** Libraries that tell at info what concerns only their authors. */
    private static final List<String> QUIET = List.of("org.apache.kafka", "kafka", "io.prometheus");

    private LogOutput() {}

    /** Throws when the log file cannot be written; stdout is set up even then. */
    public static LogLevels start(BrokerConfig.Logging config) throws IOException {
        LoggerContext context = context();
        context.reset();
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.toLevel(config.level()));
        QUIET.forEach(name -> context.getLogger(name).setLevel(Level.WARN));
        Outputs.toStandardOut(context, encoder(config));
        if (config.file().isPresent()) {
            Outputs.toFile(context, config.file().get(), config, encoder(config));
        }
        return new LogLevels(context);
    }

    /** Writes out what is buffered and closes the file. */
    public static void stop() {
        context().stop();
    }

    private static LineEncoder encoder(BrokerConfig.Logging config) {
        return config.json() ? new JsonEncoder() : new TextEncoder();
    }

    private static LoggerContext context() {
        return (LoggerContext) LoggerFactory.getILoggerFactory();
    }
}
