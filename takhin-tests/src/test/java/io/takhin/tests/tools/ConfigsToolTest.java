package io.takhin.tests.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.KafkaTools;
import io.takhin.tests.harness.ToolRun;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** kafka-configs.sh. */
@BrokerTest
class ConfigsToolTest {
    private final KafkaTools tools;
    private final String topic = Fresh.name("configured");

    ConfigsToolTest(Broker broker) {
        this.tools = new KafkaTools(broker);
        tools.topics("--create", "--topic", topic).succeeded();
    }

    @Test
    void aTopicStartsWithoutSettingsOfItsOwn() {
        assertThat(ofTopic("--describe").out()).doesNotContain("retention.ms=");
    }

    @Test
    void aSettingIsSetShownAndTakenBack() {
        ofTopic("--alter", "--add-config", "retention.ms=1000000,max.message.bytes=50000");
        assertThat(ofTopic("--describe").out())
                .contains("retention.ms=1000000", "max.message.bytes=50000");

        ofTopic("--alter", "--delete-config", "retention.ms");

        assertThat(ofTopic("--describe").out())
                .contains("max.message.bytes=50000")
                .doesNotContain("retention.ms=");
    }

    @Test
    void allSettingsAreShownWithTheirSource() {
        String all = ofTopic("--describe", "--all").out();

        assertThat(all)
                .contains("cleanup.policy=delete", "segment.bytes=", "min.insync.replicas=1")
                .contains("_CONFIG:log.segment.bytes=");
    }

    @Test
    void anUnknownSettingIsRefusedByName() {
        ToolRun altered = topicConfigs("--alter", "--add-config", "no.such.setting=1").failed();

        assertThat(altered.all()).contains("no.such.setting");
    }

    @Test
    void aValueOutOfBoundsIsRefused() {
        ToolRun altered = topicConfigs("--alter", "--add-config", "segment.bytes=1").failed();

        assertThat(altered.all()).contains("segment.bytes");
    }

    @Test
    void aBrokerShowsItsSettingsUnderKafkasNames() {
        String all = ofBroker("--describe", "--all").out();

        assertThat(all).contains("log.segment.bytes=", "num.partitions=", "message.max.bytes=");
    }

    // S52
    @Test
    void theLogLevelOfARunningBrokerCanBeChanged() {
        ofLoggers("--alter", "--add-config", "root=ERROR");
        assertThat(ofLoggers("--describe").out()).contains("root=ERROR");

        ofLoggers("--alter", "--add-config", "root=INFO");

        assertThat(ofLoggers("--describe").out()).contains("root=INFO");
    }

    private ToolRun ofTopic(String... action) {
        return topicConfigs(action).succeeded();
    }

    private ToolRun topicConfigs(String... action) {
        return tools.configs(with(action, "--entity-type", "topics", "--entity-name", topic));
    }

    private ToolRun ofBroker(String... action) {
        return tools.configs(with(action, "--entity-type", "brokers", "--entity-name", brokerId()))
                .succeeded();
    }

    private ToolRun ofLoggers(String... action) {
        String[] loggers = {"--entity-type", "broker-loggers", "--entity-name", brokerId()};
        return tools.configs(with(action, loggers)).succeeded();
    }

    private String brokerId() {
        String described = tools.topics("--describe", "--topic", topic).succeeded().out();
        return described.replaceAll("(?s).*Leader: (\\d+).*", "$1");
    }

    private static String[] with(String[] action, String... entity) {
        return Stream.of(entity, action).flatMap(Stream::of).toArray(String[]::new);
    }
}
