package io.takhin.broker.topicconfig;

import static org.apache.kafka.common.config.ConfigDef.Range.atLeast;
import static org.apache.kafka.common.config.ConfigDef.Range.between;
import static org.apache.kafka.common.config.ConfigDef.Type.BOOLEAN;
import static org.apache.kafka.common.config.ConfigDef.Type.INT;
import static org.apache.kafka.common.config.ConfigDef.Type.LONG;
import static org.apache.kafka.common.config.ConfigDef.Type.STRING;
import static org.apache.kafka.common.config.ConfigDef.ValidString.in;

import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;

/** How a topic's records are written: segments, indexes, sizes, timestamps, flush, compression. */
final class LogSettings {
    private static final String FOREVER = Long.toString(Long.MAX_VALUE);

    /** Kafka's default: a mebibyte of records and the twelve bytes in front of a batch. */
    private static final String MESSAGE_BYTES = Integer.toString((1 << 20) + 12);

    private LogSettings() {}

    static List<ConfigSetting> all() {
        return Stream.of(segments(), files(), flushing(), timestamps(), compression())
                .flatMap(List::stream)
                .toList();
    }

    private static List<ConfigSetting> segments() {
        return List.of(
                ConfigSetting.of(
                                "segment.bytes",
                                INT,
                                "1073741824",
                                "A segment file is closed before it grows past this many bytes.")
                        .in(atLeast(1 << 20))
                        .from("log.segment.bytes")
                        .key("storage.log.segment.size"),
                ConfigSetting.of(
                                "internal.segment.bytes",
                                INT,
                                null,
                                "Replaces segment.bytes, with smaller values allowed; for tests.")
                        .in(atLeast(1024))
                        .hide(),
                ConfigSetting.of(
                                "segment.ms",
                                LONG,
                                "604800000",
                                "A segment file is closed once its first record is this old.")
                        .in(atLeast(1))
                        .from("log.roll.ms")
                        .from("log.roll.hours", BrokerSynonym.Unit.HOURS),
                ConfigSetting.of(
                                "segment.jitter.ms",
                                LONG,
                                "0",
                                "Up to this much is taken off segment.ms at random, so that not all"
                                        + " segments close together.")
                        .in(atLeast(0))
                        .from("log.roll.jitter.ms")
                        .from("log.roll.jitter.hours", BrokerSynonym.Unit.HOURS),
                ConfigSetting.of(
                                "segment.index.bytes",
                                INT,
                                "10485760",
                                "A segment is closed when its offset index would grow past this.")
                        .in(atLeast(4))
                        .from("log.index.size.max.bytes"),
                ConfigSetting.of(
                                "index.interval.bytes",
                                INT,
                                "4096",
                                "The indexes get one entry for about so many bytes of records.")
                        .in(atLeast(0))
                        .from("log.index.interval.bytes"));
    }

    private static List<ConfigSetting> files() {
        return List.of(
                ConfigSetting.of(
                                "preallocate",
                                BOOLEAN,
                                "false",
                                "Whether a new segment file gets its full size at once.")
                        .from("log.preallocate")
                        .refused("true", "segment files grow with their records"),
                ConfigSetting.of(
                                "file.delete.delay.ms",
                                LONG,
                                "60000",
                                "Deleted files stay on the disk this long, for readers that have"
                                        + " them open.")
                        .in(atLeast(0))
                        .from("log.segment.delete.delay.ms"),
                ConfigSetting.of(
                                "max.message.bytes",
                                INT,
                                MESSAGE_BYTES,
                                "The largest record batch accepted, after compression.")
                        .in(atLeast(0))
                        .from("message.max.bytes")
                        .key("kafka.max.message.bytes"));
    }

    private static List<ConfigSetting> flushing() {
        return List.of(
                ConfigSetting.of(
                                TopicSettings.FLUSH_POLICY,
                                STRING,
                                "ack",
                                "What acks=all waits for: the disk (ack), or only the page cache as"
                                        + " Apache Kafka does (interval). A setting of Takhin.")
                        .in(in("ack", "interval"))
                        .from("log.flush.policy")
                        .key("storage.log.flush.policy"),
                ConfigSetting.of(
                                TopicSettings.FLUSH_MESSAGES,
                                LONG,
                                FOREVER,
                                "Records not yet flushed are forced to the disk at this number. Set"
                                        + " with kafka-configs, the append that reaches it is"
                                        + " answered after the flush, with acks=1 and with"
                                        + " flush.policy=interval too, as in Kafka; out of the"
                                        + " configuration file it does not wait.")
                        .in(atLeast(1))
                        .from("log.flush.interval.messages")
                        .key("storage.log.flush.messages"),
                ConfigSetting.of(
                                "flush.ms",
                                LONG,
                                FOREVER,
                                "Records not yet flushed are forced to the disk after this time, and those of"
                                        + " a closed segment within a minute whatever it says.")
                        .in(atLeast(0))
                        .from("log.flush.interval.ms")
                        .from("log.flush.scheduler.interval.ms")
                        .key("storage.log.flush.interval.ms"));
    }

    private static List<ConfigSetting> timestamps() {
        return List.of(
                ConfigSetting.of(
                                "message.timestamp.type",
                                STRING,
                                "CreateTime",
                                "Whose clock a record's timestamp shows: the producer's (CreateTime)"
                                        + " or the broker's (LogAppendTime).")
                        .in(in("CreateTime", "LogAppendTime"))
                        .from("log.message.timestamp.type"),
                ConfigSetting.of(
                                "message.timestamp.before.max.ms",
                                LONG,
                                FOREVER,
                                "How far in the past a producer's timestamp may lie. Where it is set, compressed"
                                        + " batches are decompressed to see.")
                        .in(atLeast(0))
                        .from("log.message.timestamp.before.max.ms"),
                ConfigSetting.of(
                                "message.timestamp.after.max.ms",
                                LONG,
                                "3600000",
                                "How far in the future a producer's timestamp may lie. Of a compressed"
                                        + " batch the header counts, as long as it can be right.")
                        .in(atLeast(0))
                        .from("log.message.timestamp.after.max.ms"));
    }

    private static List<ConfigSetting> compression() {
        return List.of(
                ConfigSetting.of(
                                "compression.type",
                                STRING,
                                "producer",
                                "The codec records are kept in; producer leaves the choice to the"
                                        + " sender.")
                        .in(in("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"))
                        .from("compression.type"),
                level("gzip", "-1", LogSettings::gzipLevel),
                level("lz4", "9", between(1, 17)),
                level("zstd", "3", between(-131072, 22)));
    }

    private static ConfigSetting level(String codec, String standard, ConfigDef.Validator bounds) {
        String name = "compression." + codec + ".level";
        return ConfigSetting.of(
                        name, INT, standard, "The level, where compression.type is " + codec + ".")
                .in(bounds)
                .from(name);
    }

    /** -1 is gzip's own choice; 0 would not compress and is not allowed. */
    private static void gzipLevel(String name, Object value) {
        if (!(value instanceof Integer level) || level == 0 || level < -1 || level > 9) {
            throw new ConfigException(name, value, "Value must be between 1 and 9 or equal to -1");
        }
    }
}
