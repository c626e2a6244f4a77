package io.takhin.broker.topicconfig;

import static org.apache.kafka.common.config.ConfigDef.Range.atLeast;
import static org.apache.kafka.common.config.ConfigDef.Range.between;
import static org.apache.kafka.common.config.ConfigDef.Type.BOOLEAN;
import static org.apache.kafka.common.config.ConfigDef.Type.DOUBLE;
import static org.apache.kafka.common.config.ConfigDef.Type.LIST;
import static org.apache.kafka.common.config.ConfigDef.Type.LONG;

import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigDef;

/** How long a topic's records are kept, and where: deletion, compaction, tiers. */
final class RetentionSettings {
    private static final String LOCAL = "all records lie on the broker's disk";

    private RetentionSettings() {}

    static List<ConfigSetting> all() {
        return Stream.of(deletion(), compaction(), tiering(), localTier())
                .flatMap(List::stream)
                .toList();
    }

    private static List<ConfigSetting> deletion() {
        return List.of(
                ConfigSetting.of(
                                TopicSettings.CLEANUP_POLICY,
                                LIST,
                                "delete",
                                "What happens to old records: delete, compact (keep the last of each"
                                        + " key), both, or nothing. With compact a record must have"
                                        + " a key.")
                        .in(ConfigDef.ValidList.in("compact", "delete"))
                        .from("log.cleanup.policy"),
                ConfigSetting.of(
                                "retention.ms",
                                LONG,
                                "604800000",
                                "With delete, records older than this go; -1: none.")
                        .in(atLeast(-1))
                        .from("log.retention.ms")
                        .from("log.retention.minutes", BrokerSynonym.Unit.MINUTES)
                        .from("log.retention.hours", BrokerSynonym.Unit.HOURS)
                        .key("storage.log.retention.hours"),
                ConfigSetting.of(
                                "retention.bytes",
                                LONG,
                                "-1",
                                "With delete, a partition's oldest records go once it is larger than"
                                        + " this; -1: never.")
                        .from("log.retention.bytes")
                        .key("storage.log.retention.bytes"));
    }

    private static List<ConfigSetting> compaction() {
        return List.of(
                ConfigSetting.of(
                                "delete.retention.ms",
                                LONG,
                                "86400000",
                                "With compact, how long the mark of a deleted key can be read.")
                        .in(atLeast(0))
                        .from("log.cleaner.delete.retention.ms"),
                ConfigSetting.of(
                                TopicSettings.MIN_COMPACTION_LAG,
                                LONG,
                                "0",
                                "With compact, a record stays at least this long.")
                        .in(atLeast(0))
                        .from("log.cleaner.min.compaction.lag.ms"),
                ConfigSetting.of(
                                TopicSettings.MAX_COMPACTION_LAG,
                                LONG,
                                Long.toString(Long.MAX_VALUE),
                                "With compact, a record waits at most this long to be looked at.")
                        .in(atLeast(1))
                        .from("log.cleaner.max.compaction.lag.ms"),
                ConfigSetting.of(
                                "min.cleanable.dirty.ratio",
                                DOUBLE,
                                "0.5",
                                "With compact, the share of records not looked at yet that starts a"
                                        + " run.")
                        .in(between(0, 1))
                        .from("log.cleaner.min.cleanable.ratio")
                        .key("storage.compaction.min.cleanable.ratio"));
    }

    private static List<ConfigSetting> tiering() {
        return List.of(
                ConfigSetting.of(
                                "remote.storage.enable",
                                BOOLEAN,
                                "false",
                                "Whether closed segments move to the object store.")
                        .refused("true", "tiered storage is not in this version"),
                ConfigSetting.of(
                                "remote.log.copy.disable",
                                BOOLEAN,
                                "false",
                                "Whether a tiered topic stops copying to the object store.")
                        .refused("true", "tiered storage is not in this version"),
                ConfigSetting.of(
                                "remote.log.delete.on.disable",
                                BOOLEAN,
                                "false",
                                "Whether a topic's copies go when its tiering is switched off.")
                        .refused("true", "tiered storage is not in this version"));
    }

    private static List<ConfigSetting> localTier() {
        return List.of(
                ConfigSetting.of(
                                "local.retention.ms",
                                LONG,
                                "-2",
                                "How long a tiered topic keeps records on the broker's disk; -2: as"
                                        + " retention.ms.")
                        .in(atLeast(-2))
                        .from("log.local.retention.ms")
                        .stored(LOCAL, "-2"),
                ConfigSetting.of(
                                "local.retention.bytes",
                                LONG,
                                "-2",
                                "How much a tiered topic's partition keeps on the broker's disk; -2:"
                                        + " as retention.bytes.")
                        .in(atLeast(-2))
                        .from("log.local.retention.bytes")
                        .stored(LOCAL, "-2"));
    }
}
