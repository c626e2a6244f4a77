package io.takhin.broker.topicconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TopicSettingsTest {
    private static final Path PAGE = Path.of("..", "docs", "topic-settings.md");

    @Test
    void hasEverySettingOfKafkaAndOneOfItsOwn() {
        Set<String> ours =
                TopicSettings.all().stream().map(ConfigSetting::name).collect(Collectors.toSet());

        Set<String> expected = new TreeSet<>(LogConfig.configNames());
        expected.add("flush.policy");
        assertThat(ours).isEqualTo(expected);
    }

    @Test
    void typesDefaultsAndVisibilityAreKafkas() {
        Map<String, ConfigDef.ConfigKey> kafka = LogConfig.configKeys();

        for (ConfigSetting setting : kafkaSettings()) {
            ConfigDef.ConfigKey key = Objects.requireNonNull(kafka.get(setting.name()));
            String standard =
                    key.hasDefault() ? ConfigDef.convertToString(key.defaultValue, key.type) : null;

            assertThat(setting.type()).as(setting.name()).isEqualTo(key.type);
            assertThat(setting.defaultValue()).as(setting.name()).isEqualTo(standard);
            assertThat(setting.hidden()).as(setting.name()).isEqualTo(key.internalConfig);
        }
    }

    @Test
    void inheritsTheBrokerPropertiesKafkaInherits() {
        for (ConfigSetting setting : kafkaSettings()) {
            List<String> names = setting.inherits().stream().map(BrokerSynonym::name).toList();
            List<String> kafkas =
                    ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS
                            .getOrDefault(setting.name(), List.of())
                            .stream()
                            .map(synonym -> synonym.name())
                            .toList();

            assertThat(names).as(setting.name()).isEqualTo(kafkas);
        }
    }

    @Test
    void refusesWhatKafkaRefusesInKafkasWords() {
        List<String> values =
                List.of(
                        "",
                        " ",
                        "x",
                        "-3",
                        "-2",
                        "-1",
                        "0",
                        "1",
                        "2",
                        "17",
                        "18",
                        "23",
                        "1000",
                        "1048575",
                        "1048576",
                        "2147483648",
                        "0.3",
                        "1.5",
                        "true",
                        "maybe",
                        "delete",
                        "compact",
                        "compact,delete",
                        "delete,delete",
                        "shred",
                        "gzip",
                        "CreateTime",
                        "createtime",
                        "1:2,3:4",
                        "1:x",
                        "*",
                        "1,*");

        for (ConfigSetting setting : kafkaSettings()) {
            for (String value : values) {
                if (isStricterHere(setting, value)) {
                    continue;
                }
                assertThat(TopicSettings.problem(Map.of(setting.name(), value)).orElse(null))
                        .as(setting.name() + "=" + value)
                        .isEqualTo(kafkasProblem(Map.of(setting.name(), value)));
            }
        }
    }

    @Test
    void theTwoCompactionLagsMustNotContradict() {
        Map<String, String> overrides =
                Map.of("min.compaction.lag.ms", "10", "max.compaction.lag.ms", "5");

        String problem = TopicSettings.problem(overrides).orElseThrow();

        assertThat(problem).isEqualTo(kafkasProblem(overrides));
    }

    @Test
    void anUnknownNameIsNamed() {
        Map<String, String> overrides = Map.of("retention.minutes", "3");

        String problem = TopicSettings.problem(overrides).orElseThrow();

        assertThat(problem)
                .isEqualTo("Unknown topic config name: retention.minutes")
                .isEqualTo(kafkasProblem(overrides));
    }

    @Test
    void tieredStorageIsRefusedWithAReason() {
        assertThat(TopicSettings.problem(Map.of("remote.storage.enable", "true")).orElseThrow())
                .contains("remote.storage.enable", "tiered storage is not in this version");
        assertThat(TopicSettings.problem(Map.of("remote.storage.enable", "false"))).isEmpty();
    }

    @Test
    void filesAreNotPreallocatedAndThisIsSaid() {
        assertThat(TopicSettings.problem(Map.of("preallocate", "true")).orElseThrow())
                .contains("preallocate", "segment files grow with their records");
        assertThat(TopicSettings.problem(Map.of("preallocate", "false"))).isEmpty();
    }

    @Test
    void whatHasNoEffectYetIsAcceptedAndSaid() {
        Map<String, String> overrides =
                Map.of("local.retention.ms", "7", "retention.ms", "1000", "segment.ms", "9");

        List<String> warnings = TopicSettings.warnings(overrides);

        assertThat(TopicSettings.problem(overrides)).isEmpty();
        assertThat(warnings)
                .containsExactly(
                        "local.retention.ms=7 is kept and has no effect in this version: all"
                                + " records lie on the broker's disk");
    }

    @Test
    void nobodyIsWarnedOfAValueThatAsksForWhatHappensAnyway() {
        Map<String, String> overrides =
                Map.of("local.retention.ms", "-2", "local.retention.bytes", "-2");

        assertThat(TopicSettings.warnings(overrides)).isEmpty();
    }

    @Test
    void everyDefaultIsLegal() {
        for (ConfigSetting setting : TopicSettings.all()) {
            if (setting.defaultValue() != null) {
                assertThat(setting.problem(setting.defaultValue())).as(setting.name()).isEmpty();
            }
        }
    }

    @Test
    void flushPolicyIsAckOrInterval() {
        ConfigSetting policy = Objects.requireNonNull(TopicSettings.find("flush.policy"));

        assertThat(policy.problem("interval")).isEmpty();
        assertThat(policy.problem("never")).isPresent();
        assertThatThrownBy(() -> policy.parse("ACK")).isInstanceOf(ConfigException.class);
    }

    /** Rewrite the page with {@code -Dtakhin.docs.write=true}. */
    @Test
    void theDocumentationSaysWhatTheTableSays() throws IOException {
        if (Boolean.getBoolean("takhin.docs.write")) {
            Files.writeString(PAGE, TopicSettingsPage.markdown());
        }

        assertThat(PAGE).content().isEqualTo(TopicSettingsPage.markdown());
    }

    private static List<ConfigSetting> kafkaSettings() {
        return TopicSettings.all().stream()
                .filter(setting -> !setting.name().equals("flush.policy"))
                .toList();
    }

    /** Tiers are off here, and a segment for tests has a floor. */
    private static boolean isStricterHere(ConfigSetting setting, String value) {
        return setting.name().equals("internal.segment.bytes")
                || (setting.effect() instanceof Effect.Refused && value.equals("true"));
    }

    private static @Nullable String kafkasProblem(Map<String, String> overrides) {
        try {
            LogConfig.validate(overrides);
            return null;
        } catch (ConfigException | InvalidConfigurationException e) {
            return e.getMessage();
        }
    }
}
