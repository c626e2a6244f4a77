package io.takhin.broker.topicconfig;

import io.takhin.log.Cleanup;
import io.takhin.log.LogConfig;
import io.takhin.log.LogConfig.FlushPolicy;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** From the settings of a topic to the configuration of its logs. */
final class ParsedSettings {
    /** In place of a value, where a setting has none. */
    static final Object UNSET = new Object();

    private ParsedSettings() {}

    /** Finds a parsed value, of the type the table says, by name. */
    @FunctionalInterface
    interface Values {
        Object of(String name);

        default long number(String name) {
            return ((Number) of(name)).longValue();
        }

        default int integer(String name) {
            return ((Number) of(name)).intValue();
        }

        default Duration millis(String name) {
            return Duration.ofMillis(number(name));
        }
    }

    static LogConfig logConfig(Values values) {
        return LogConfig.builder()
                .segmentBytes(segmentBytes(values))
                .segmentAge(values.millis("segment.ms"))
                .indexIntervalBytes(values.integer("index.interval.bytes"))
                .indexBytesMax(values.integer("segment.index.bytes"))
                .messageBytesMax(values.integer("max.message.bytes"))
                .timestampType(TimestampType.forName((String) values.of("message.timestamp.type")))
                .timestampBeforeMaxMillis(values.number("message.timestamp.before.max.ms"))
                .timestampAfterMaxMillis(values.number("message.timestamp.after.max.ms"))
                .cleanup(cleanup(values))
                .flushPolicy(flushPolicy(values))
                .flushMessages(values.number(TopicSettings.FLUSH_MESSAGES))
                .flushAge(values.millis("flush.ms"))
                .fileDeleteDelay(values.millis("file.delete.delay.ms"))
                .segmentJitter(values.millis("segment.jitter.ms"))
                .compression(compression(values))
                .build();
    }

    private static @Nullable Compression compression(Values values) {
        return switch ((String) values.of("compression.type")) {
            case "producer" -> null;
            case "uncompressed" -> Compression.NONE;
            case "snappy" -> Compression.snappy().build();
            case "gzip" ->
                    Compression.gzip().level(values.integer("compression.gzip.level")).build();
            case "lz4" -> Compression.lz4().level(values.integer("compression.lz4.level")).build();
            case "zstd" ->
                    Compression.zstd().level(values.integer("compression.zstd.level")).build();
            case String other -> throw new IllegalArgumentException("no codec " + other);
        };
    }

    private static Cleanup cleanup(Values values) {
        List<?> policy = (List<?>) values.of(TopicSettings.CLEANUP_POLICY);
        return new Cleanup(
                policy.contains("delete"),
                policy.contains("compact"),
                values.number("retention.ms"),
                values.number("retention.bytes"),
                ((Number) values.of("min.cleanable.dirty.ratio")).doubleValue(),
                values.number(TopicSettings.MIN_COMPACTION_LAG),
                values.number(TopicSettings.MAX_COMPACTION_LAG),
                values.number("delete.retention.ms"));
    }

    private static long segmentBytes(Values values) {
        return values.of("internal.segment.bytes") instanceof Number small
                ? small.longValue()
                : values.number("segment.bytes");
    }

    private static FlushPolicy flushPolicy(Values values) {
        return values.of(TopicSettings.FLUSH_POLICY).equals("interval")
                ? FlushPolicy.INTERVAL
                : FlushPolicy.ACK;
    }
}
