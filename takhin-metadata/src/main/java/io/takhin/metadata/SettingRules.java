package io.takhin.metadata;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;

/**
 * What may be set on topics, brokers and groups at run time, beyond Kafka's own rules for topics,
 * which the quorum knows.
 *
 * <p>Threads: called on the controller's thread; must not block.
 */
public interface SettingRules {
    /** Nothing beyond Kafka's. */
    SettingRules NONE =
            new SettingRules() {
                @Override
                public Set<String> ownTopicSettings() {
                    return Set.of();
                }

                @Override
                public void check(ConfigResource resource, Map<String, String> settings) {}
            };

    /**
     * Topic settings that these rules judge alone: names Kafka does not have, and names for which
     * Takhin has other bounds.
     */
    Set<String> ownTopicSettings();

    /**
     * Looks at everything that would be set on a resource after a change.
     *
     * @throws InvalidConfigurationException with a text for the user when it is not acceptable
     */
    void check(ConfigResource resource, Map<String, String> settings);
}
