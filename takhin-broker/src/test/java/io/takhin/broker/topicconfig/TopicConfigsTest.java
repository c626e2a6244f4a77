package io.takhin.broker.topicconfig;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.broker.api.TestCluster;
import io.takhin.broker.topicconfig.EffectiveSetting.Synonym;
import io.takhin.log.Cleanup;
import io.takhin.log.LogConfig;
import io.takhin.log.LogConfig.FlushPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopicConfigsTest {
    private static final int BROKER = 1;

    private final FixedDefaults file = new FixedDefaults();
    private final TestCluster cluster = new TestCluster().broker(BROKER).topic("orders", 1);
    private final TopicConfigs configs = new TopicConfigs(file, BROKER);

    @Test
    void aTopicWithoutSettingsGetsKafkasDefaultsAndWaitsForTheDisk() {
        LogConfig log = configs.logConfig(cluster.view(), "orders");

        assertThat(log)
                .isEqualTo(
                        LogConfig.builder()
                                .cleanup(Cleanup.delete(604_800_000, -1))
                                .flushPolicy(FlushPolicy.ACK)
                                .build());
    }

    // Who sets Kafka's setting relies on what Kafka does; the file's bound is Takhin's own.
    @Test
    void onlyFlushMessagesThatToolsSetHoldUpAnAnswer() {
        file.with("log.flush.interval.messages", "10000");
        assertThat(configs.logConfig(cluster.view(), "orders").flushAwaited()).isFalse();

        cluster.topicOverride("orders", "flush.messages", "5");
        assertThat(configs.logConfig(cluster.view(), "orders").flushAwaited()).isTrue();

        cluster.topic("others", 1).clusterOverride("log.flush.interval.messages", "1");
        assertThat(configs.logConfig(cluster.view(), "others").flushAwaited()).isTrue();
    }

    @Test
    void theTopicCountsBeforeTheBrokerAndThatBeforeAllBrokersAndThoseBeforeTheFile() {
        file.with("log.segment.bytes", "4000000");
        assertThat(segmentBytes()).isEqualTo(4_000_000);

        cluster.clusterOverride("log.segment.bytes", "3000000");
        assertThat(segmentBytes()).isEqualTo(3_000_000);

        cluster.brokerOverride(BROKER, "log.segment.bytes", "2000000");
        assertThat(segmentBytes()).isEqualTo(2_000_000);

        cluster.topicOverride("orders", "segment.bytes", "1500000");
        assertThat(segmentBytes()).isEqualTo(1_500_000);
    }

    @Test
    void everyPlaceThatSaysSomethingIsListed() {
        file.with("log.segment.bytes", "4000000");
        cluster.brokerOverride(BROKER, "log.segment.bytes", "2000000");
        cluster.topicOverride("orders", "segment.bytes", "1500000");

        EffectiveSetting bytes = describe("segment.bytes");

        assertThat(bytes.source()).isEqualTo(Source.TOPIC);
        assertThat(bytes.synonyms())
                .containsExactly(
                        new Synonym("segment.bytes", "1500000", Source.TOPIC),
                        new Synonym("log.segment.bytes", "2000000", Source.BROKER),
                        new Synonym("log.segment.bytes", "4000000", Source.FILE));
    }

    @Test
    void hoursOfTheFileBecomeMilliseconds() {
        file.with("log.retention.hours", "24");

        EffectiveSetting retention = describe("retention.ms");

        assertThat(retention.value()).isEqualTo("86400000");
        assertThat(retention.source()).isEqualTo(Source.FILE);
        assertThat(retention.synonyms())
                .containsExactly(new Synonym("log.retention.hours", "24", Source.FILE));
    }

    // S35
    @Test
    void theFileMayAskForSegmentsOfTwoToThe31AndOfOneKibibyte() {
        file.with("log.segment.bytes", "2147483648");
        assertThat(segmentBytes()).isEqualTo(1L << 31);

        file.with("log.segment.bytes", "1024");
        assertThat(segmentBytes()).isEqualTo(1024);
    }

    @Test
    void aValueOfAnotherClustersRulesFallsBackToWhatTheBrokerSays() {
        file.with("log.segment.bytes", "4000000");
        cluster.topicOverride("orders", "segment.bytes", "12");

        assertThat(segmentBytes()).isEqualTo(4_000_000);
    }

    @Test
    void compactedTopicsAndFlushPolicyReachTheLog() {
        cluster.topicOverride("orders", "cleanup.policy", "delete,compact");
        cluster.topicOverride("orders", "flush.policy", "interval");
        cluster.topicOverride("orders", "internal.segment.bytes", "2048");

        LogConfig log = configs.logConfig(cluster.view(), "orders");

        assertThat(log.compacted()).isTrue();
        assertThat(log.flushPolicy()).isEqualTo(FlushPolicy.INTERVAL);
        assertThat(log.segmentBytes()).isEqualTo(2048);
    }

    @Test
    void theSettingForTestsIsShownOnlyWhereItIsSet() {
        assertThat(names()).doesNotContain("internal.segment.bytes");

        cluster.topicOverride("orders", "internal.segment.bytes", "2048");

        assertThat(names()).contains("internal.segment.bytes").isSorted();
    }

    @Test
    void minInSyncReplicasIsInheritedFromTheCluster() {
        cluster.clusterOverride("min.insync.replicas", "2");

        assertThat(configs.minInSyncReplicas(cluster.view(), "orders")).isEqualTo(2);
    }

    private long segmentBytes() {
        return configs.logConfig(cluster.view(), "orders").segmentBytes();
    }

    private EffectiveSetting describe(String name) {
        return configs.describe(cluster.view(), "orders").stream()
                .filter(setting -> setting.setting().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private List<String> names() {
        return configs.describe(cluster.view(), "orders").stream()
                .map(setting -> setting.setting().name())
                .toList();
    }
}
