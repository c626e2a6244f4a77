package io.takhin.metadata;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.controller.ConfigurationValidator;
import org.apache.kafka.metadata.KafkaConfigSchema;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Decides what may be set on a resource before the controller writes it down: Kafka's definition of
 * the topic settings, then our own rules.
 */
final class ConfigurationRules implements ConfigurationValidator {
    private final SettingRules rules;

    ConfigurationRules(SettingRules rules) {
        this.rules = rules;
    }

    /** How the controller resolves defaults; it reads {@code min.insync.replicas} by it. */
    static KafkaConfigSchema schema() {
        Map<ConfigResource.Type, ConfigDef> definitions =
                Map.of(
                        ConfigResource.Type.TOPIC,
                        LogConfig.configDefCopy(),
                        ConfigResource.Type.BROKER,
                        LogConfig.SERVER_CONFIG_DEF);
        return new KafkaConfigSchema(
                definitions, ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS);
    }

    @Override
    public void validate(ConfigResource resource) {
        switch (resource.type()) {
            case TOPIC -> checkTopicName(resource.name());
            case BROKER -> checkBrokerName(resource.name());
            case GROUP, CLIENT_METRICS -> checkPresent(resource);
            case BROKER_LOGGER, UNKNOWN ->
                    throw new InvalidRequestException(
                            "settings of " + resource.type() + " are not kept by the controller");
        }
    }

    @Override
    public void validate(
            ConfigResource resource,
            Map<String, String> newConfigs,
            Map<String, String> existingConfigs) {
        validate(resource);
        newConfigs.forEach(ConfigurationRules::checkValuePresent);
        if (resource.type() == ConfigResource.Type.TOPIC) {
            checkByKafka(newConfigs);
        }
        rules.check(resource, newConfigs);
    }

    private void checkByKafka(Map<String, String> topicSettings) {
        Map<String, String> kafkas = new HashMap<>(topicSettings);
        kafkas.keySet().removeAll(rules.ownTopicSettings());
        try {
            LogConfig.validate(kafkas);
        } catch (ConfigException e) {
            throw new InvalidConfigurationException(e.getMessage(), e);
        }
    }

    private static void checkTopicName(String name) {
        try {
            Topic.validate(name);
        } catch (InvalidTopicException e) {
            throw new InvalidRequestException(e.getMessage(), e);
        }
    }

    /** The empty name stands for all brokers. */
    private static void checkBrokerName(String name) {
        if (name.isEmpty()) {
            return;
        }
        try {
            if (Integer.parseInt(name) >= 0) {
                return;
            }
        } catch (NumberFormatException e) {
            throw new InvalidRequestException("not a broker id: \"" + name + "\"", e);
        }
        throw new InvalidRequestException("not a broker id: \"" + name + "\"");
    }

    private static void checkPresent(ConfigResource resource) {
        if (resource.name().isEmpty()) {
            throw new InvalidRequestException(
                    "settings of " + resource.type() + " need a name to belong to");
        }
    }

    private static void checkValuePresent(String name, String value) {
        if (value == null) {
            throw new InvalidConfigurationException("null is no value for " + List.of(name));
        }
    }
}
