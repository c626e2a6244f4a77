package io.takhin.broker.topicconfig;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toUnmodifiableMap;
import static org.apache.kafka.common.config.ConfigDef.Range.between;
import static org.apache.kafka.common.config.ConfigDef.Type.BOOLEAN;
import static org.apache.kafka.common.config.ConfigDef.Type.INT;
import static org.apache.kafka.common.config.ConfigDef.Type.STRING;

import io.takhin.broker.topicconfig.EffectiveSetting.Synonym;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.ConfigDef;

/**
 * Every setting a group can have (KIP-848, KIP-932, KIP-1071). Those of consumer groups reach the
 * group coordinator while it runs; those of kinds of group this version does not have are shown
 * with their defaults and cannot be set.
 *
 * <p>Threads: any; immutable.
 */
public final class GroupConfigs {
    private static final String SESSION = "consumer.session.timeout.ms";
    private static final String HEARTBEAT = "consumer.heartbeat.interval.ms";

    private static final List<ConfigSetting> ALL =
            List.of(
                    consumer("session.timeout.ms", "45000", 45_000, 60_000),
                    consumer("heartbeat.interval.ms", "5000", 5_000, 15_000),
                    consumer("assignment.interval.ms", "1000", 0, 15_000),
                    share("session.timeout.ms", INT, "45000"),
                    share("heartbeat.interval.ms", INT, "5000"),
                    share("record.lock.duration.ms", INT, "30000"),
                    share("delivery.count.limit", INT, "5"),
                    share("partition.max.record.locks", INT, "2000"),
                    share("auto.offset.reset", STRING, "latest"),
                    share("isolation.level", STRING, "read_uncommitted"),
                    share("renew.acknowledge.enable", BOOLEAN, "true"),
                    share("assignment.interval.ms", INT, "1000"),
                    streams("session.timeout.ms", "45000"),
                    streams("heartbeat.interval.ms", "5000"),
                    streams("num.standby.replicas", "0"),
                    streams("initial.rebalance.delay.ms", "3000"),
                    streams("assignment.interval.ms", "1000"));

    private static final Map<String, ConfigSetting> BY_NAME =
            ALL.stream().collect(toUnmodifiableMap(ConfigSetting::name, identity()));

    private GroupConfigs() {}

    /** In the order of the table. */
    public static List<ConfigSetting> all() {
        return ALL;
    }

    /** All settings of a group, sorted by name. */
    public static List<EffectiveSetting> describe(Map<String, String> overrides) {
        return ALL.stream()
                .sorted(Comparator.comparing(ConfigSetting::name))
                .map(setting -> effective(setting, overrides))
                .toList();
    }

    private static EffectiveSetting effective(
            ConfigSetting setting, Map<String, String> overrides) {
        String own = overrides.get(setting.name());
        Synonym standard = new Synonym(setting.name(), setting.defaultValue(), Source.DEFAULT);
        if (own == null) {
            return new EffectiveSetting(
                    setting, standard.value(), standard.source(), List.of(standard));
        }
        return new EffectiveSetting(
                setting,
                own,
                Source.GROUP,
                List.of(new Synonym(setting.name(), own, Source.GROUP), standard));
    }

    /**
     * Why a group cannot have these settings; empty where it can.
     *
     * @param overrides everything that is set for the group, not only what changes
     */
    public static Optional<String> problem(Map<String, String> overrides) {
        return overrides.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .flatMap(entry -> problem(entry.getKey(), entry.getValue()).stream())
                .findFirst()
                .or(() -> contradiction(overrides));
    }

    private static Optional<String> problem(String name, String value) {
        ConfigSetting setting = BY_NAME.get(name);
        return setting == null
                ? Optional.of("Unknown group config name: " + name)
                : setting.problem(value);
    }

    private static Optional<String> contradiction(Map<String, String> overrides) {
        int session = Integer.parseInt(overrides.getOrDefault(SESSION, "45000").strip());
        int heartbeat = Integer.parseInt(overrides.getOrDefault(HEARTBEAT, "5000").strip());
        return session > heartbeat
                ? Optional.empty()
                : Optional.of(SESSION + " must be greater than " + HEARTBEAT);
    }

    /** The bounds are those Kafka's brokers keep to unless they are told otherwise. */
    private static ConfigSetting consumer(String name, String standard, int least, int most) {
        return ConfigSetting.of(
                        "consumer." + name,
                        INT,
                        standard,
                        "Of this consumer group, in place of group.consumer." + name + ".")
                .in(between(least, most));
    }

    private static ConfigSetting share(String name, ConfigDef.Type type, String standard) {
        return ConfigSetting.of("share." + name, type, standard, "Of this share group (KIP-932).")
                .absent("share groups are not in this version");
    }

    private static ConfigSetting streams(String name, String standard) {
        return ConfigSetting.of(
                        "streams." + name, INT, standard, "Of this streams group (KIP-1071).")
                .absent("streams groups are not in this version");
    }
}
