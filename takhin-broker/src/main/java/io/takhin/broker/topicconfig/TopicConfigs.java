package io.takhin.broker.topicconfig;

import io.takhin.broker.topicconfig.BrokerDefaults.Property;
import io.takhin.broker.topicconfig.EffectiveSetting.Synonym;
import io.takhin.log.LogConfig;
import io.takhin.metadata.ClusterView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What topics' settings come to on this broker. In the order in which they count: the topic's own,
 * what was set for this broker while it ran, what was set for all brokers, the configuration file,
 * the default (KIP-226).
 *
 * <p>Threads: any; immutable.
 */
public final class TopicConfigs {
    private static final Logger log = LoggerFactory.getLogger(TopicConfigs.class);
    private static final ConfigResource ALL_BROKERS =
            new ConfigResource(ConfigResource.Type.BROKER, "");

    private final BrokerDefaults defaults;
    private final ConfigResource thisBroker;

    public TopicConfigs(BrokerDefaults defaults, int brokerId) {
        this.defaults = defaults;
        this.thisBroker =
                new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(brokerId));
    }

    /** How the logs of a topic's partitions are to be kept. Never fails; see {@link #value}. */
    public LogConfig logConfig(ClusterView view, String topic) {
        Layers layers = layers(view, topicOverrides(view, topic));
        return ParsedSettings.logConfig(name -> value(layers, required(name)))
                .with()
                .flushAwaited(isSetByTools(layers, required(TopicSettings.FLUSH_MESSAGES)))
                .build();
    }

    /** Whether somebody asked Kafka's way for it: what he relies on is what Kafka does then. */
    private boolean isSetByTools(Layers layers, ConfigSetting setting) {
        Source source = effective(layers, setting).source();
        return source == Source.TOPIC || source == Source.BROKER || source == Source.CLUSTER;
    }

    /**
     * What a topic's logs get that has no settings of its own, as far as this broker decides it.
     */
    public LogConfig defaults() {
        Layers fileOnly = new Layers(Map.of(), Map.of(), Map.of());
        return ParsedSettings.logConfig(name -> value(fileOnly, required(name)));
    }

    /** How many replicas must be in sync for acks=all. */
    public int minInSyncReplicas(ClusterView view, String topic) {
        Layers layers = layers(view, topicOverrides(view, topic));
        return ((Number) value(layers, required(TopicSettings.MIN_IN_SYNC_REPLICAS))).intValue();
    }

    /** All settings of a topic that exists, sorted by name; hidden ones only where they are set. */
    public List<EffectiveSetting> describe(ClusterView view, String topic) {
        return describe(view, topicOverrides(view, topic));
    }

    /** The same for a topic that would have these settings of its own. */
    public List<EffectiveSetting> describe(ClusterView view, Map<String, String> overrides) {
        Layers layers = layers(view, overrides);
        return TopicSettings.all().stream()
                .filter(setting -> !setting.hidden() || overrides.containsKey(setting.name()))
                .map(setting -> effective(layers, setting))
                .sorted((a, b) -> a.setting().name().compareTo(b.setting().name()))
                .toList();
    }

    private static Map<String, String> topicOverrides(ClusterView view, String topic) {
        return view.overrides(new ConfigResource(ConfigResource.Type.TOPIC, topic));
    }

    private static ConfigSetting required(String name) {
        ConfigSetting setting = TopicSettings.find(name);
        if (setting == null) {
            throw new IllegalStateException("no such topic setting: " + name);
        }
        return setting;
    }

    private Layers layers(ClusterView view, Map<String, String> overrides) {
        return new Layers(overrides, view.overrides(thisBroker), view.overrides(ALL_BROKERS));
    }

    private EffectiveSetting effective(Layers layers, ConfigSetting setting) {
        List<Synonym> synonyms = synonyms(layers, setting);
        if (synonyms.isEmpty()) {
            return new EffectiveSetting(setting, setting.defaultValue(), Source.DEFAULT, synonyms);
        }
        Synonym first = synonyms.getFirst();
        return new EffectiveSetting(setting, inUnitOf(setting, first), first.source(), synonyms);
    }

    private static @Nullable String inUnitOf(ConfigSetting setting, Synonym synonym) {
        if (synonym.value() == null || synonym.source() == Source.TOPIC) {
            return synonym.value();
        }
        for (BrokerSynonym inherited : setting.inherits()) {
            if (inherited.name().equals(synonym.name())) {
                return inherited.convert(synonym.value());
            }
        }
        return synonym.value();
    }

    /** Everything said about a setting, the strongest first. */
    private List<Synonym> synonyms(Layers layers, ConfigSetting setting) {
        List<Synonym> found = new ArrayList<>();
        add(found, setting.name(), layers.topic().get(setting.name()), Source.TOPIC);
        for (BrokerSynonym inherited : setting.inherits()) {
            String name = inherited.name();
            add(found, name, layers.broker().get(name), Source.BROKER);
        }
        for (BrokerSynonym inherited : setting.inherits()) {
            String name = inherited.name();
            add(found, name, layers.cluster().get(name), Source.CLUSTER);
        }
        fromFile(setting).forEach(found::add);
        if (!setting.inherits().isEmpty() && setting.defaultValue() != null) {
            addDefault(found, setting);
        }
        return List.copyOf(found);
    }

    private Stream<Synonym> fromFile(ConfigSetting setting) {
        return setting.inherits().stream()
                .map(inherited -> defaults.find(inherited.name()))
                .flatMap(Stream::ofNullable)
                .filter(property -> property.value() != null)
                .sorted((a, b) -> Boolean.compare(b.configured(), a.configured()))
                .map(property -> new Synonym(property.name(), property.value(), property.source()));
    }

    /** The table's own default counts only where the broker has none. */
    private void addDefault(List<Synonym> found, ConfigSetting setting) {
        boolean brokerHasOne =
                setting.inherits().stream()
                        .map(inherited -> defaults.find(inherited.name()))
                        .anyMatch(TopicConfigs::hasValue);
        if (!brokerHasOne) {
            String name = setting.inherits().getFirst().name();
            add(found, name, setting.defaultValue(), Source.DEFAULT);
        }
    }

    private static boolean hasValue(@Nullable Property property) {
        return property != null && property.value() != null;
    }

    private static void add(
            List<Synonym> found, String name, @Nullable String value, Source source) {
        if (value != null) {
            found.add(new Synonym(name, value, source));
        }
    }

    /**
     * The first value that makes sense. One that does not can only come from a cluster with other
     * rules, whose metadata this broker took over; the log must be served all the same.
     */
    private Object value(Layers layers, ConfigSetting setting) {
        for (Synonym synonym : synonyms(layers, setting)) {
            try {
                return parsed(setting, synonym);
            } catch (ConfigException | IllegalArgumentException | ArithmeticException e) {
                log.warn(
                        "topic setting {}={} (from {}) cannot be used: {}",
                        setting.name(),
                        synonym.value(),
                        synonym.source(),
                        e.getMessage());
            }
        }
        String standard = setting.defaultValue();
        return standard == null ? ParsedSettings.UNSET : setting.parseUnbounded(standard);
    }

    private static Object parsed(ConfigSetting setting, Synonym synonym) {
        String value = Objects.requireNonNull(inUnitOf(setting, synonym));
        boolean fromFile = synonym.source() == Source.FILE || synonym.source() == Source.DEFAULT;
        return fromFile
                ? setting.parseUnbounded(value)
                : Objects.requireNonNull(setting.parse(value));
    }

    private record Layers(
            Map<String, String> topic, Map<String, String> broker, Map<String, String> cluster) {}
}
