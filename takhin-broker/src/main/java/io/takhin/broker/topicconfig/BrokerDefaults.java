package io.takhin.broker.topicconfig;

import java.util.Collection;
import org.apache.kafka.common.config.ConfigDef;
import org.jspecify.annotations.Nullable;

/**
 * The broker's own settings under the names Apache Kafka has for them: what topics inherit, and
 * what DescribeConfigs shows of a broker.
 *
 * <p>Threads: any; immutable.
 */
public interface BrokerDefaults {
    Collection<Property> all();

    /** By Kafka's name; null where this broker has no such setting. */
    @Nullable Property find(String kafkaName);

    /** The value of a setting that every broker has. */
    default int number(String kafkaName) {
        Property property = find(kafkaName);
        if (property == null || property.value() == null) {
            throw new IllegalStateException("the broker has no setting " + kafkaName);
        }
        return Integer.parseInt(property.value());
    }

    /**
     * One setting of the broker.
     *
     * @param value null where nothing is set, or where nobody may see it
     * @param configured whether somebody chose the value; else it is the default
     */
    record Property(
            String name,
            @Nullable String value,
            boolean configured,
            ConfigDef.Type type,
            boolean sensitive,
            String text) {
        public Source source() {
            return configured ? Source.FILE : Source.DEFAULT;
        }
    }
}
