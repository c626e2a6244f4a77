package io.takhin.broker.topicconfig;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.junit.jupiter.api.Test;

class GroupConfigsTest {
    @Test
    void hasEverySettingOfKafkaWithItsTypeAndDefault() {
        Map<String, ConfigDef.ConfigKey> kafka = GroupConfig.CONFIG_DEF.configKeys();

        assertThat(GroupConfigs.all().stream().map(ConfigSetting::name).collect(Collectors.toSet()))
                .isEqualTo(kafka.keySet());
        for (ConfigSetting setting : GroupConfigs.all()) {
            ConfigDef.ConfigKey key = Objects.requireNonNull(kafka.get(setting.name()));
            assertThat(setting.type()).as(setting.name()).isEqualTo(key.type);
            assertThat(setting.defaultValue())
                    .as(setting.name())
                    .isEqualTo(ConfigDef.convertToString(key.defaultValue, key.type));
        }
    }

    @Test
    void aConsumerGroupMayChangeItsTimesWithinKafkasBounds() {
        assertThat(GroupConfigs.problem(Map.of("consumer.session.timeout.ms", "50000"))).isEmpty();
        assertThat(GroupConfigs.problem(Map.of("consumer.session.timeout.ms", "1000"))).isPresent();
        assertThat(GroupConfigs.problem(Map.of("consumer.heartbeat.interval.ms", "x"))).isPresent();
    }

    @Test
    void otherKindsOfGroupsAreNotHereYet() {
        assertThat(
                        GroupConfigs.problem(Map.of("share.auto.offset.reset", "earliest"))
                                .orElseThrow())
                .contains("share groups are not in this version");
        assertThat(GroupConfigs.problem(Map.of("streams.num.standby.replicas", "1")).orElseThrow())
                .contains("streams groups are not in this version");
        assertThat(GroupConfigs.problem(Map.of("no.such", "1")).orElseThrow())
                .isEqualTo("Unknown group config name: no.such");
    }

    @Test
    void whatAGroupSaysCountsBeforeTheDefault() {
        EffectiveSetting session =
                GroupConfigs.describe(Map.of("consumer.session.timeout.ms", "50000")).stream()
                        .filter(it -> it.setting().name().equals("consumer.session.timeout.ms"))
                        .findFirst()
                        .orElseThrow();

        assertThat(session.value()).isEqualTo("50000");
        assertThat(session.source()).isEqualTo(Source.GROUP);
        assertThat(session.synonyms()).hasSize(2);
    }
}
