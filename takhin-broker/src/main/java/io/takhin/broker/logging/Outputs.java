package io.takhin.broker.logging;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.Duration;
import ch.qos.logback.core.util.FileSize;
import io.takhin.broker.config.BrokerConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;

/** Where log lines go. */
final class Outputs {
    /** A file may grow past its limit by what is written in this time. */
    private static final Duration SIZE_CHECK_INTERVAL = Duration.buildByMilliseconds(100);

    private Outputs() {}

    static void toStandardOut(LoggerContext context, Encoder<ILoggingEvent> encoder) {
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setName("stdout");
        console.setEncoder(started(context, encoder));
        start(context, console);
    }

    static void toFile(
            LoggerContext context,
            Path file,
            BrokerConfig.Logging config,
            Encoder<ILoggingEvent> encoder)
            throws IOException {
        requireWritable(file);
        RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
        appender.setName("file");
        appender.setContext(context);
        appender.setFile(file.toString());
        appender.setEncoder(started(context, encoder));
        appender.setTriggeringPolicy(triggering(context, config));
        appender.setRollingPolicy(rolling(context, file, config, appender));
        start(context, appender);
    }

    /** Logback would only note that it cannot write; nobody would see it. */
    private static void requireWritable(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
    }

    private static SizeBasedTriggeringPolicy<ILoggingEvent> triggering(
            LoggerContext context, BrokerConfig.Logging config) {
        SizeBasedTriggeringPolicy<ILoggingEvent> policy = new SizeBasedTriggeringPolicy<>();
        policy.setContext(context);
        policy.setMaxFileSize(new FileSize(config.fileBytesMax()));
        policy.setCheckIncrement(SIZE_CHECK_INTERVAL);
        policy.start();
        return policy;
    }

    private static FixedWindowRollingPolicy rolling(
            LoggerContext context,
            Path file,
            BrokerConfig.Logging config,
            RollingFileAppender<ILoggingEvent> appender) {
        FixedWindowRollingPolicy policy = new FixedWindowRollingPolicy();
        policy.setContext(context);
        policy.setParent(appender);
        policy.setFileNamePattern(file + ".%i");
        policy.setMinIndex(1);
        policy.setMaxIndex(config.backupsMax());
        policy.start();
        return policy;
    }

    private static Encoder<ILoggingEvent> started(
            LoggerContext context, Encoder<ILoggingEvent> encoder) {
        encoder.setContext(context);
        encoder.start();
        return encoder;
    }

    private static void start(LoggerContext context, Appender<ILoggingEvent> appender) {
        appender.setContext(context);
        appender.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
    }
}
