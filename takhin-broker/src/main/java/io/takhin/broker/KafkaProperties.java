package io.takhin.broker;

import io.takhin.broker.config.LoadedConfig;
import io.takhin.broker.config.Origin;
import io.takhin.broker.config.Setting;
import io.takhin.broker.topicconfig.BrokerDefaults;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigDef;
import org.jspecify.annotations.Nullable;

/** The broker's configuration under Kafka's names, and in Kafka's units and forms. */
final class KafkaProperties implements BrokerDefaults {
    private static final String SCHEME = "PLAINTEXT://";

    private final LoadedConfig loaded;
    private final Map<String, Property> byName = new TreeMap<>();

    /**
     * @param advertisedPort as it came out when the listener was bound
     */
    KafkaProperties(LoadedConfig loaded, int advertisedPort) {
        this.loaded = loaded;
        for (Setting setting : Setting.values()) {
            setting.kafkaName()
                    .ifPresent(name -> add(name, value(setting, advertisedPort), setting));
        }
        add("broker.id", value(Setting.KAFKA_BROKER_ID, advertisedPort), Setting.KAFKA_BROKER_ID);
        String policy = loaded.values().text(Setting.STORAGE_LOG_FLUSH_POLICY);
        add("log.flush.policy", policy, Setting.STORAGE_LOG_FLUSH_POLICY);
    }

    @Override
    public Collection<Property> all() {
        return byName.values();
    }

    @Override
    public @Nullable Property find(String kafkaName) {
        return byName.get(kafkaName);
    }

    /** Names and values of what has a value. */
    Map<String, String> asMap() {
        Map<String, String> values = new TreeMap<>();
        for (Property property : byName.values()) {
            if (property.value() != null) {
                values.put(property.name(), property.value());
            }
        }
        return values;
    }

    private void add(String name, @Nullable String value, Setting setting) {
        boolean configured = !(loaded.values().origin(setting) instanceof Origin.Default);
        byName.put(
                name, new Property(name, value, configured, type(setting), false, setting.about()));
    }

    private @Nullable String value(Setting setting, int advertisedPort) {
        var network = loaded.config().network();
        return switch (setting) {
            case KAFKA_LISTENERS ->
                    network.listeners().stream()
                            .map(at -> SCHEME + at)
                            .collect(Collectors.joining(","));
            case KAFKA_ADVERTISED_HOST -> SCHEME + network.advertisedHost() + ":" + advertisedPort;
            case RAFT_PEERS ->
                    loaded.config().raft().voters().stream()
                            .map(voter -> voter.id() + "@" + voter.address())
                            .collect(Collectors.joining(","));
            // Kafka writes "no limit" as -1.
            case STORAGE_LOG_RETENTION_BYTES ->
                    Long.toString(loaded.config().storage().retentionBytes());
            default -> text(setting);
        };
    }

    private @Nullable String text(Setting setting) {
        return loaded.values().display(setting).orElse(null);
    }

    private static ConfigDef.Type type(Setting setting) {
        return switch (setting.form()) {
            case TEXT -> ConfigDef.Type.STRING;
            case FLAG -> ConfigDef.Type.BOOLEAN;
            case WHOLE -> ConfigDef.Type.LONG;
            case RATIO -> ConfigDef.Type.DOUBLE;
            case LIST -> ConfigDef.Type.LIST;
        };
    }
}
