package io.takhin.broker.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;

/** For machines: one JSON object a line; a stack trace is the text of its field error. */
final class JsonEncoder extends LineEncoder {
    @Override
    void write(ILoggingEvent event, StringBuilder line) {
        line.append("{\"timestamp\":\"");
        writeTimestamp(event, line);
        line.append("\",\"level\":\"").append(event.getLevel()).append('"');
        writeField("logger", event.getLoggerName(), line);
        writeField("thread", event.getThreadName(), line);
        writeField("message", event.getFormattedMessage(), line);
        IThrowableProxy error = event.getThrowableProxy();
        if (error != null) {
            writeField("error", ThrowableProxyUtil.asString(error), line);
        }
        line.append("}\n");
    }

    private static void writeField(String name, String value, StringBuilder line) {
        line.append(",\"").append(name).append("\":\"");
        for (int i = 0; i < value.length(); i++) {
            writeEscaped(value.charAt(i), line);
        }
        line.append('"');
    }

    /** RFC 8259, section 7: quotes, backslashes and everything below the blank. */
    private static void writeEscaped(char c, StringBuilder line) {
        switch (c) {
            case '"' -> line.append("\\\"");
            case '\\' -> line.append("\\\\");
            case '\n' -> line.append("\\n");
            case '\t' -> line.append("\\t");
            case '\r' -> line.append("\\r");
            default -> {
                if (c < ' ') {
                    line.append("\\u00").append(Character.forDigit(c >> 4, 16));
                    line.append(Character.forDigit(c & 0xf, 16));
                } else {
                    line.append(c);
                }
            }
        }
    }
}
