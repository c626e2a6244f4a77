package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.broker.topicconfig.FixedDefaults;
import io.takhin.broker.topicconfig.TopicConfigs;
import java.util.List;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class DescribeConfigsHandlerTest {
    private final FixedDefaults defaults =
            new FixedDefaults()
                    .with("num.partitions", "4")
                    .with("log.retention.hours", "24")
                    .withDefault("message.max.bytes", "1048588")
                    .withSecret("ssl.key.password", "hush");
    private final TestCluster cluster = new TestCluster().broker(1).broker(2).topic("orders", 1);
    private final DescribeConfigsHandler handler =
            new DescribeConfigsHandler(
                    cluster::view,
                    new TopicConfigs(defaults, 1),
                    new BrokerConfigs(defaults, 1),
                    new FakeLoggers());

    @Test
    void aTopicShowsWhatCountsAndWhereItComesFrom() {
        cluster.topicOverride("orders", "max.message.bytes", "2000000");

        DescribeConfigsResourceResult bytes =
                config(describe(ConfigResource.Type.TOPIC, "orders"), "max.message.bytes");

        assertThat(bytes.value()).isEqualTo("2000000");
        assertThat(bytes.configSource()).isEqualTo((byte) 1);
        assertThat(bytes.configType()).isEqualTo((byte) 3);
        assertThat(bytes.readOnly()).isFalse();
        assertThat(bytes.isSensitive()).isFalse();
        assertThat(bytes.documentation()).contains("largest record batch");
        assertThat(bytes.synonyms())
                .containsExactly(
                        synonym("max.message.bytes", "2000000", 1),
                        synonym("message.max.bytes", "1048588", 5));
    }

    @Test
    void synonymsAndDocumentationCostNothingWhereNobodyAsks() {
        DescribeConfigsRequestData request = request(ConfigResource.Type.TOPIC, "orders");
        request.setIncludeSynonyms(false).setIncludeDocumentation(false);

        DescribeConfigsResult result = answer(FakeExchange.of(request));

        assertThat(result.configs())
                .isNotEmpty()
                .allMatch(it -> it.synonyms().isEmpty() && it.documentation() == null);
    }

    @Test
    void everyVersionCanCarryTheAnswer() {
        for (int version = 1; version <= 4; version++) {
            DescribeConfigsRequestData request = request(ConfigResource.Type.TOPIC, "orders");
            request.setIncludeDocumentation(version >= 3);

            DescribeConfigsResult result = answer(FakeExchange.of(request, version));

            assertThat(result.configs()).isNotEmpty();
        }
    }

    @Test
    void onlyTheNamesAskedForAreShown() {
        DescribeConfigsRequestData request = request(ConfigResource.Type.TOPIC, "orders");
        request.resources().getFirst().setConfigurationKeys(List.of("segment.ms", "no.such"));

        DescribeConfigsResult result = answer(FakeExchange.of(request));

        assertThat(result.configs())
                .extracting(DescribeConfigsResourceResult::name)
                .containsExactly("segment.ms");
    }

    @Test
    void aTopicThatIsNotThereIsUnknown() {
        DescribeConfigsResult result = describe(ConfigResource.Type.TOPIC, "bills");

        assertThat(result.errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(result.configs()).isEmpty();
    }

    @Test
    void aBrokerSpeaksKafkasNamesAndSaysWhatCanChangeWhileItRuns() {
        cluster.brokerOverride(1, "message.max.bytes", "3000000");
        cluster.clusterOverride("message.max.bytes", "2500000");

        DescribeConfigsResult broker = describe(ConfigResource.Type.BROKER, "1");

        DescribeConfigsResourceResult bytes = config(broker, "message.max.bytes");
        assertThat(bytes.value()).isEqualTo("3000000");
        assertThat(bytes.configSource()).isEqualTo((byte) 2);
        assertThat(bytes.readOnly()).isFalse();
        assertThat(bytes.synonyms())
                .containsExactly(
                        synonym("message.max.bytes", "3000000", 2),
                        synonym("message.max.bytes", "2500000", 3),
                        synonym("message.max.bytes", "1048588", 5));
        DescribeConfigsResourceResult partitions = config(broker, "num.partitions");
        assertThat(partitions.value()).isEqualTo("4");
        assertThat(partitions.configSource()).isEqualTo((byte) 4);
        assertThat(partitions.readOnly()).isTrue();
    }

    @Test
    void aPropertyInHoursLeavesTheOneInMillisecondsEmpty() {
        DescribeConfigsResult broker = describe(ConfigResource.Type.BROKER, "1");

        assertThat(config(broker, "log.retention.hours").value()).isEqualTo("24");
        assertThat(config(broker, "log.retention.ms").value()).isNull();
        assertThat(config(broker, "log.segment.bytes").value()).isEqualTo("1073741824");
    }

    @Test
    void secretsStaySecret() {
        DescribeConfigsResourceResult secret =
                config(describe(ConfigResource.Type.BROKER, "1"), "ssl.key.password");

        assertThat(secret.isSensitive()).isTrue();
        assertThat(secret.value()).isNull();
        assertThat(secret.synonyms()).allMatch(it -> it.value() == null);
        assertThat(secret.configType()).isEqualTo((byte) 9);
    }

    @Test
    void theBrokerWithoutNameIsWhatWasSetForAll() {
        cluster.clusterOverride("log.retention.ms", "5");
        cluster.brokerOverride(1, "message.max.bytes", "3000000");

        DescribeConfigsResult all = describe(ConfigResource.Type.BROKER, "");

        assertThat(all.configs())
                .extracting(DescribeConfigsResourceResult::name)
                .containsExactly("log.retention.ms");
        assertThat(all.configs().getFirst().configSource()).isEqualTo((byte) 3);
    }

    @Test
    void anotherBrokerMustBeAskedItself() {
        DescribeConfigsResult other = describe(ConfigResource.Type.BROKER, "2");
        DescribeConfigsResult none = describe(ConfigResource.Type.BROKER, "one");

        assertThat(other.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(other.errorMessage())
                .isEqualTo("Unexpected broker id, expected 1 or empty string, but received 2");
        assertThat(none.errorMessage()).isEqualTo("Broker id must be an integer, but it is: one");
    }

    // S52
    @Test
    void loggersShowTheirLevels() {
        DescribeConfigsResult loggers = describe(ConfigResource.Type.BROKER_LOGGER, "1");

        assertThat(config(loggers, "root").value()).isEqualTo("INFO");
        assertThat(config(loggers, "root").configSource()).isEqualTo((byte) 6);
        assertThat(describe(ConfigResource.Type.BROKER_LOGGER, "").errorCode())
                .isEqualTo(Errors.INVALID_REQUEST.code());
    }

    @Test
    void groupsShowTheirSettings() {
        cluster.override(ConfigResource.Type.GROUP, "g1", "consumer.session.timeout.ms", "50000");

        DescribeConfigsResult group = describe(ConfigResource.Type.GROUP, "g1");

        assertThat(config(group, "consumer.session.timeout.ms").value()).isEqualTo("50000");
        assertThat(config(group, "consumer.session.timeout.ms").configSource()).isEqualTo((byte) 8);
        assertThat(describe(ConfigResource.Type.GROUP, "").errorMessage())
                .isEqualTo("Group name must not be empty");
    }

    @Test
    void whatIsNoResourceIsRefused() {
        DescribeConfigsRequestData request = request(ConfigResource.Type.TOPIC, "x");
        request.resources().getFirst().setResourceType((byte) 99);

        assertThat(answer(FakeExchange.of(request)).errorCode())
                .isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(describe(ConfigResource.Type.CLIENT_METRICS, "all").configs()).isEmpty();
    }

    private DescribeConfigsResult describe(ConfigResource.Type type, String name) {
        return answer(FakeExchange.of(request(type, name)));
    }

    private DescribeConfigsResult answer(FakeExchange exchange) {
        return exchange.answerOf(handler, DescribeConfigsResponseData.class).results().getFirst();
    }

    @SuppressWarnings("NullAway") // Null is the protocol's "all of them".
    private static DescribeConfigsRequestData request(ConfigResource.Type type, String name) {
        DescribeConfigsResource resource =
                new DescribeConfigsResource()
                        .setResourceType(type.id())
                        .setResourceName(name)
                        .setConfigurationKeys(null);
        return new DescribeConfigsRequestData()
                .setResources(List.of(resource))
                .setIncludeSynonyms(true)
                .setIncludeDocumentation(true);
    }

    private static DescribeConfigsResourceResult config(DescribeConfigsResult result, String name) {
        return result.configs().stream()
                .filter(config -> config.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static DescribeConfigsSynonym synonym(String name, String value, int source) {
        return new DescribeConfigsSynonym().setName(name).setValue(value).setSource((byte) source);
    }
}
