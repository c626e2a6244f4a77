package io.takhin.broker.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;

/** For people: time, level, thread, logger, message; a stack trace follows on lines of its own. */
final class TextEncoder extends LineEncoder {
    @Override
    void write(ILoggingEvent event, StringBuilder line) {
        writeTimestamp(event, line);
        line.append(' ').append(event.getLevel());
        line.append(" [").append(event.getThreadName()).append("] ");
        line.append(event.getLoggerName()).append(": ");
        line.append(event.getFormattedMessage()).append('\n');
        IThrowableProxy error = event.getThrowableProxy();
        if (error != null) {
            line.append(ThrowableProxyUtil.asString(error));
        }
    }
}
