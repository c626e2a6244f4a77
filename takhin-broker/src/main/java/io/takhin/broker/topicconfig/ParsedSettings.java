package io.takhin.broker.topicconfig;

import io.takhin.log.Cleanup;
import io.takhin.log.LogConfig;
import io.takhin.log.LogConfig.FlushPolicy;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.record.TimestampType;

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
        return new LogConfig(
                segmentBytes(values),
                values.millis("segment.ms"),
                values.integer("index.interval.bytes"),
                values.integer("segment.index.bytes"),
                values.integer("max.message.bytes"),
                TimestampType.forName((String) values.of("message.timestamp.type")),
                values.number("message.timestamp.before.max.ms"),
                values.number("message.timestamp.after.max.ms"),
                cleanup(values),
                flushPolicy(values),
                values.number("flush.messages"),
                values.millis("flush.ms"),
                values.millis("file.delete.delay.ms"));
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
