package io.takhin.broker.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** An event as UTF-8 text that ends a line. */
abstract class LineEncoder extends EncoderBase<ILoggingEvent> {
    private static final byte[] NOTHING = new byte[0];

    private static final DateTimeFormatter RFC_3339 =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    /** Appends the event, its line end included. */
    abstract void write(ILoggingEvent event, StringBuilder line);

    @Override
    public final byte[] encode(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(160);
        write(event, line);
        return line.toString().getBytes(StandardCharsets.UTF_8);
    }

    static void writeTimestamp(ILoggingEvent event, StringBuilder line) {
        RFC_3339.formatTo(Instant.ofEpochMilli(event.getTimeStamp()), line);
    }

    @Override
    public final byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public final byte[] footerBytes() {
        return NOTHING;
    }
}
