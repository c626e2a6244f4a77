package io.takhin.broker.topicconfig;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toUnmodifiableMap;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Every setting a topic can have: those of Apache Kafka 4.3 and Takhin's own, and the rules between
 * them. Validation, DescribeConfigs, the log's configuration and docs/topic-settings.md all come
 * from these lines.
 *
 * <p>Threads: any; immutable.
 */
public final class TopicSettings {
    public static final String CLEANUP_POLICY = "cleanup.policy";
    public static final String FLUSH_POLICY = "flush.policy";
    public static final String FLUSH_MESSAGES = "flush.messages";
    public static final String MIN_IN_SYNC_REPLICAS = "min.insync.replicas";

    static final String MIN_COMPACTION_LAG = "min.compaction.lag.ms";
    static final String MAX_COMPACTION_LAG = "max.compaction.lag.ms";

    private static final List<ConfigSetting> ALL =
            Stream.of(LogSettings.all(), RetentionSettings.all(), ReplicaSettings.all())
                    .flatMap(List::stream)
                    .toList();
    private static final Map<String, ConfigSetting> BY_NAME =
            ALL.stream().collect(toUnmodifiableMap(ConfigSetting::name, identity()));

    /** Which topic setting a broker property is the default of; only the strongest counts. */
    private static final Map<String, ConfigSetting> BY_BROKER_PROPERTY =
            ALL.stream()
                    .filter(setting -> !setting.inherits().isEmpty())
                    .collect(
                            toUnmodifiableMap(
                                    setting -> setting.inherits().getFirst().name(), identity()));

    private TopicSettings() {}

    /** In the order of the documentation. */
    public static List<ConfigSetting> all() {
        return ALL;
    }

    public static @Nullable ConfigSetting find(String name) {
        return BY_NAME.get(name);
    }

    /**
     * The topic setting whose default a broker property is. Such a property can be changed while
     * brokers run.
     */
    public static @Nullable ConfigSetting inheriting(String brokerProperty) {
        return BY_BROKER_PROPERTY.get(brokerProperty);
    }

    /**
     * Why a topic cannot have these settings, in the words Apache Kafka uses where it refuses them
     * too; empty where it can.
     *
     * @param overrides everything that is set for the topic, not only what changes
     */
    public static Optional<String> problem(Map<String, String> overrides) {
        return problem(overrides, overrides.keySet());
    }

    /**
     * The same, where some of them were set before and have to be borne: they may come from a
     * cluster with other rules.
     *
     * @param changed names of those to look at
     */
    public static Optional<String> problem(Map<String, String> overrides, Set<String> changed) {
        return overrides.entrySet().stream()
                .filter(entry -> changed.contains(entry.getKey()))
                .sorted(Map.Entry.comparingByKey())
                .flatMap(entry -> problem(entry.getKey(), entry.getValue()).stream())
                .findFirst()
                .or(() -> contradiction(overrides));
    }

    private static Optional<String> problem(String name, String value) {
        ConfigSetting setting = find(name);
        return setting == null
                ? Optional.of("Unknown topic config name: " + name)
                : setting.problem(value);
    }

    private static Optional<String> contradiction(Map<String, String> overrides) {
        long least = millis(overrides, MIN_COMPACTION_LAG, 0);
        long most = millis(overrides, MAX_COMPACTION_LAG, Long.MAX_VALUE);
        return least <= most
                ? Optional.empty()
                : Optional.of(
                        "conflict topic config setting %s (%d) > %s (%d)"
                                .formatted(MIN_COMPACTION_LAG, least, MAX_COMPACTION_LAG, most));
    }

    private static long millis(Map<String, String> overrides, String name, long otherwise) {
        String value = overrides.get(name);
        return value == null ? otherwise : Long.parseLong(value.strip());
    }

    /** Those that Apache Kafka takes and this version refuses, each with the reason. */
    static List<String> refused(Map<String, String> overrides) {
        return overrides.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .flatMap(entry -> refused(entry.getKey(), entry.getValue()).stream())
                .toList();
    }

    private static Optional<String> refused(String name, String value) {
        ConfigSetting setting = find(name);
        return setting == null
                ? Optional.empty()
                : setting.refusal(value)
                        .map(why -> "%s=%s (%s)".formatted(name, value.strip(), why));
    }

    /** One sentence for each of the values that is kept without having an effect yet. */
    public static List<String> warnings(Map<String, String> overrides) {
        return overrides.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .flatMap(entry -> warning(entry.getKey(), entry.getValue()).stream())
                .toList();
    }

    private static Optional<String> warning(String name, String value) {
        ConfigSetting setting = find(name);
        return setting == null ? Optional.empty() : setting.warning(value);
    }
}
