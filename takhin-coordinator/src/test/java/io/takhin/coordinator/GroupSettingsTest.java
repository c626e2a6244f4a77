package io.takhin.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.junit.jupiter.api.Test;

class GroupSettingsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theyReachKafkasCoordinatorUnderItsOwnNames() {
        GroupCoordinatorConfig config =
                new GroupCoordinatorConfig(GroupSettings.DEFAULTS.toKafka());

        assertThat(config.offsetsTopicPartitions()).isEqualTo(8);
        assertThat(config.offsetsTopicSegmentBytes()).isEqualTo(104857600);
        assertThat(config.classicGroupInitialRebalanceDelayMs()).isEqualTo(100);
        assertThat(config.classicGroupMinSessionTimeoutMs()).isEqualTo(6000);
        assertThat(config.classicGroupMaxSessionTimeoutMs()).isEqualTo(1800000);
        assertThat(config.offsetsRetentionMs()).isEqualTo(Duration.ofDays(7).toMillis());
        assertThat(config.offsetCommitTimeoutMs()).isEqualTo(5000);
        assertThat(config.numThreads()).isEqualTo(1);
    }

    @Test
    void whatIsOutOfBoundsIsNamed() {
        assertThatThrownBy(
                        () -> new GroupSettings(0, 1 << 20, SECOND, SECOND, SECOND, SECOND, SECOND))
                .hasMessage("offsets.topic.num.partitions must be at least 1, not 0");
    }

    @Test
    void theLongestSessionIsNotShorterThanTheShortest() {
        assertThatThrownBy(() ->
                        new GroupSettings(
                                1, 1 << 20, SECOND, SECOND, SECOND.minusMillis(1), SECOND, SECOND))
                .hasMessageStartingWith("group.max.session.timeout.ms");
    }
}
