package io.takhin.broker.api;

import io.takhin.broker.topicconfig.BrokerDefaults;
import io.takhin.broker.topicconfig.BrokerDefaults.Property;
import io.takhin.broker.topicconfig.ConfigSetting;
import io.takhin.broker.topicconfig.EffectiveSetting.Synonym;
import io.takhin.broker.topicconfig.Source;
import io.takhin.broker.topicconfig.TopicSettings;
import io.takhin.metadata.ClusterView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * The settings of this broker and those of all brokers, under Kafka's names (KIP-226). What topics
 * inherit can change while brokers run; everything else comes from the configuration file.
 *
 * <p>Threads: any; immutable.
 */
public final class BrokerConfigs {
    private static final ConfigResource ALL_BROKERS =
            new ConfigResource(ConfigResource.Type.BROKER, "");

    private final BrokerDefaults defaults;
    private final int brokerId;
    private final ConfigResource thisBroker;

    public BrokerConfigs(BrokerDefaults defaults, int brokerId) {
        this.defaults = defaults;
        this.brokerId = brokerId;
        this.thisBroker =
                new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(brokerId));
    }

    /** Why a request for this broker is not one: the name is no number, or another broker's. */
    Optional<Problem> notThisBroker(String name, String orElse) {
        try {
            return Integer.parseInt(name) == brokerId
                    ? Optional.empty()
                    : Optional.of(
                            Problem.invalidRequest(
                                    "Unexpected broker id, expected %d%s, but received %s"
                                            .formatted(brokerId, orElse, name)));
        } catch (NumberFormatException e) {
            return Optional.of(
                    Problem.invalidRequest("Broker id must be an integer, but it is: " + name));
        }
    }

    /** What was set for all brokers while they ran; nothing else. */
    List<ShownConfig> describeAll(ClusterView view) {
        Map<String, String> set = new TreeMap<>(view.overrides(ALL_BROKERS));
        List<ShownConfig> shown = new ArrayList<>();
        set.forEach((name, value) ->
                shown.add(shown(name, List.of(new Synonym(name, value, Source.CLUSTER)))));
        return shown;
    }

    /** Every setting of this broker, sorted by name. */
    List<ShownConfig> describeThis(ClusterView view) {
        Map<String, String> broker = view.overrides(thisBroker);
        Map<String, String> cluster = view.overrides(ALL_BROKERS);
        Map<String, ShownConfig> shown = new TreeMap<>();
        for (Property property : defaults.all()) {
            shown.put(property.name(), shown(property.name(), broker, cluster));
        }
        for (ConfigSetting setting : TopicSettings.all()) {
            setting.inherits().stream()
                    .limit(1)
                    .forEach(it -> shown.put(it.name(), shown(it.name(), broker, cluster)));
        }
        broker.keySet().forEach(name -> shown.put(name, shown(name, broker, cluster)));
        cluster.keySet().forEach(name -> shown.put(name, shown(name, broker, cluster)));
        return List.copyOf(shown.values());
    }

    private ShownConfig shown(
            String name, Map<String, String> broker, Map<String, String> cluster) {
        List<Synonym> synonyms = new ArrayList<>();
        add(synonyms, name, broker.get(name), Source.BROKER);
        add(synonyms, name, cluster.get(name), Source.CLUSTER);
        Property property = defaults.find(name);
        ConfigSetting setting = TopicSettings.inheriting(name);
        if (property != null) {
            add(synonyms, name, property.value(), property.source());
        } else if (setting != null) {
            add(synonyms, name, tableDefault(setting), Source.DEFAULT);
        }
        return shown(name, List.copyOf(synonyms));
    }

    /** None where a weaker property of the broker, such as one in hours, says something. */
    private @Nullable String tableDefault(ConfigSetting setting) {
        boolean another =
                setting.inherits().stream().anyMatch(it -> defaults.find(it.name()) != null);
        return another ? null : setting.defaultValue();
    }

    private static void add(
            List<Synonym> synonyms, String name, @Nullable String value, Source source) {
        if (value != null) {
            synonyms.add(new Synonym(name, value, source));
        }
    }

    private ShownConfig shown(String name, List<Synonym> synonyms) {
        Property property = defaults.find(name);
        ConfigSetting setting = TopicSettings.inheriting(name);
        return new ShownConfig(
                name,
                synonyms.isEmpty() ? null : synonyms.getFirst().value(),
                synonyms.isEmpty() ? Source.DEFAULT : synonyms.getFirst().source(),
                type(property, setting),
                setting == null,
                property != null && property.sensitive(),
                synonyms,
                text(property, setting));
    }

    private static ConfigDef.Type type(
            @Nullable Property property, @Nullable ConfigSetting setting) {
        if (property != null) {
            return property.type();
        }
        return setting != null ? setting.type() : ConfigDef.Type.STRING;
    }

    private static String text(@Nullable Property property, @Nullable ConfigSetting setting) {
        if (property != null) {
            return property.text();
        }
        return setting != null ? "For topics that do not say otherwise: " + setting.text() : "";
    }

    /**
     * Why brokers cannot be told this while they run; empty where they can.
     *
     * @param value null to take back what was set, which is always possible
     */
    static Optional<Problem> problem(String name, @Nullable String value) {
        if (value == null) {
            return Optional.empty();
        }
        ConfigSetting setting = TopicSettings.inheriting(name);
        if (setting == null) {
            return Optional.of(
                    Problem.invalidRequest(
                            "Cannot update these configs dynamically: "
                                    + name
                                    + ". It is read from the configuration file when the broker"
                                    + " starts."));
        }
        return setting.problem(name, value)
                .map(message -> new Problem(Errors.INVALID_REQUEST, message));
    }

    /** One sentence for each of the values that topics inherit without effect yet. */
    static List<String> warnings(Map<String, String> set) {
        List<String> warnings = new ArrayList<>();
        set.forEach((name, value) -> {
            ConfigSetting setting = TopicSettings.inheriting(name);
            if (setting != null) {
                setting.warning(value).ifPresent(warnings::add);
            }
        });
        return warnings;
    }
}
