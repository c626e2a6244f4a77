package io.takhin.log;

import java.time.Duration;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link LogConfig}. What is not said is as in a topic of Kafka without settings, but for
 * the policy of flushes, and that every record stays.
 */
public final class LogConfigBuilder {
    private long segmentBytes = 1L << 30;
    private Duration segmentAge = Duration.ofDays(7);
    private int indexIntervalBytes = 4096;
    private int indexBytesMax = 10 << 20;
    private int messageBytesMax = (1 << 20) + 12;
    private TimestampType timestampType = TimestampType.CREATE_TIME;
    private long timestampBeforeMaxMillis = Long.MAX_VALUE;
    private long timestampAfterMaxMillis = 3_600_000;
    private Cleanup cleanup = Cleanup.NONE;
    private LogConfig.FlushPolicy flushPolicy = LogConfig.FlushPolicy.ACK;
    private long flushMessages = Long.MAX_VALUE;
    private boolean flushAwaited;
    private Duration flushAge = Duration.ofMillis(Long.MAX_VALUE);
    private Duration fileDeleteDelay = Duration.ofMinutes(1);
    private Duration segmentJitter = Duration.ZERO;
    private @Nullable Compression compression;

    LogConfigBuilder() {}

    LogConfigBuilder(LogConfig base) {
        segmentBytes = base.segmentBytes();
        segmentAge = base.segmentAge();
        indexIntervalBytes = base.indexIntervalBytes();
        indexBytesMax = base.indexBytesMax();
        messageBytesMax = base.messageBytesMax();
        timestampType = base.timestampType();
        timestampBeforeMaxMillis = base.timestampBeforeMaxMillis();
        timestampAfterMaxMillis = base.timestampAfterMaxMillis();
        cleanup = base.cleanup();
        flushPolicy = base.flushPolicy();
        flushMessages = base.flushMessages();
        flushAwaited = base.flushAwaited();
        flushAge = base.flushAge();
        fileDeleteDelay = base.fileDeleteDelay();
        segmentJitter = base.segmentJitter();
        compression = base.compression();
    }

    public LogConfigBuilder segmentBytes(long value) {
        segmentBytes = value;
        return this;
    }

    public LogConfigBuilder segmentAge(Duration value) {
        segmentAge = value;
        return this;
    }

    public LogConfigBuilder indexIntervalBytes(int value) {
        indexIntervalBytes = value;
        return this;
    }

    public LogConfigBuilder indexBytesMax(int value) {
        indexBytesMax = value;
        return this;
    }

    public LogConfigBuilder messageBytesMax(int value) {
        messageBytesMax = value;
        return this;
    }

    public LogConfigBuilder timestampType(TimestampType value) {
        timestampType = value;
        return this;
    }

    public LogConfigBuilder timestampBeforeMaxMillis(long value) {
        timestampBeforeMaxMillis = value;
        return this;
    }

    public LogConfigBuilder timestampAfterMaxMillis(long value) {
        timestampAfterMaxMillis = value;
        return this;
    }

    public LogConfigBuilder cleanup(Cleanup value) {
        cleanup = value;
        return this;
    }

    public LogConfigBuilder flushPolicy(LogConfig.FlushPolicy value) {
        flushPolicy = value;
        return this;
    }

    public LogConfigBuilder flushMessages(long value) {
        flushMessages = value;
        return this;
    }

    public LogConfigBuilder flushAwaited(boolean value) {
        flushAwaited = value;
        return this;
    }

    public LogConfigBuilder flushAge(Duration value) {
        flushAge = value;
        return this;
    }

    public LogConfigBuilder fileDeleteDelay(Duration value) {
        fileDeleteDelay = value;
        return this;
    }

    public LogConfigBuilder segmentJitter(Duration value) {
        segmentJitter = value;
        return this;
    }

    public LogConfigBuilder compression(@Nullable Compression value) {
        compression = value;
        return this;
    }

    public LogConfig build() {
        return new LogConfig(
                segmentBytes,
                segmentAge,
                indexIntervalBytes,
                indexBytesMax,
                messageBytesMax,
                timestampType,
                timestampBeforeMaxMillis,
                timestampAfterMaxMillis,
                cleanup,
                flushPolicy,
                flushMessages,
                flushAwaited,
                flushAge,
                fileDeleteDelay,
                segmentJitter,
                compression);
    }
}
