package io.takhin.broker.topicconfig;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.jspecify.annotations.Nullable;

/** A broker's settings as a test wants them. */
public final class FixedDefaults implements BrokerDefaults {
    private final Map<String, Property> properties = new LinkedHashMap<>();

    /** A setting somebody chose. */
    public FixedDefaults with(String name, String value) {
        return with(name, value, true);
    }

    /** A setting that has its default. */
    public FixedDefaults withDefault(String name, @Nullable String value) {
        return with(name, value, false);
    }

    private FixedDefaults with(String name, @Nullable String value, boolean configured) {
        ConfigDef.Type type = ConfigDef.Type.STRING;
        properties.put(name, new Property(name, value, configured, type, false, "About " + name));
        return this;
    }

    /** A setting that must not be shown. */
    public FixedDefaults withSecret(String name, String value) {
        ConfigDef.Type type = ConfigDef.Type.PASSWORD;
        properties.put(name, new Property(name, value, true, type, true, "About " + name));
        return this;
    }

    @Override
    public Collection<Property> all() {
        return properties.values();
    }

    @Override
    public @Nullable Property find(String kafkaName) {
        return properties.get(kafkaName);
    }
}
