package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.broker.topicconfig.FixedDefaults;
import io.takhin.testkit.ManualClock;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResourceCollection;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class AlterConfigsHandlerTest {
    private final TestCluster cluster = new TestCluster().broker(1).topic("orders", 1);
    private final FakeQuorum quorum =
            new FakeQuorum().on(AlterConfigsRequestData.class, AlterConfigsHandlerTest::taken);
    private final AlterConfigsHandler handler =
            new AlterConfigsHandler(
                    new Controller(quorum, new ManualClock(0)),
                    new ConfigAlteration(
                            cluster::view,
                            new BrokerConfigs(new FixedDefaults(), 1),
                            new FakeLoggers()));

    @Test
    void theNewSettingsStandAlone() {
        cluster.topicOverride("orders", "min.compaction.lag.ms", "100");

        AlterConfigsResourceResponse response =
                alter(ConfigResource.Type.TOPIC, "orders", "max.compaction.lag.ms", "5");

        assertThat(response.errorCode()).isZero();
        assertThat(quorum.asked(AlterConfigsRequestData.class)).hasSize(1);
    }

    @Test
    void everyVersionCanCarryTheAnswer() {
        for (int version = 0; version <= 2; version++) {
            FakeExchange exchange =
                    FakeExchange.of(
                            request(ConfigResource.Type.TOPIC, "orders", "retention.ms", "1"),
                            version);

            AlterConfigsResponseData answer =
                    exchange.answerOf(handler, AlterConfigsResponseData.class);

            assertThat(answer.responses().getFirst().errorCode()).isZero();
        }
    }

    @Test
    void badValuesAndLoggersAreRefused() {
        assertThat(alter(ConfigResource.Type.TOPIC, "orders", "retention.ms", "soon").errorCode())
                .isEqualTo(Errors.INVALID_CONFIG.code());
        assertThat(alter(ConfigResource.Type.BROKER_LOGGER, "1", "root", "DEBUG").errorMessage())
                .isEqualTo("Unknown resource type 8");
        assertThat(quorum.asked()).isEmpty();
    }

    private AlterConfigsResourceResponse alter(
            ConfigResource.Type type, String resource, String name, String value) {
        return FakeExchange.of(request(type, resource, name, value))
                .answerOf(handler, AlterConfigsResponseData.class)
                .responses()
                .getFirst();
    }

    private static AlterConfigsRequestData request(
            ConfigResource.Type type, String name, String config, String value) {
        AlterConfigsResource resource =
                new AlterConfigsResource().setResourceType(type.id()).setResourceName(name);
        resource.configs().mustAdd(new AlterableConfig().setName(config).setValue(value));
        AlterConfigsResourceCollection resources = new AlterConfigsResourceCollection();
        resources.mustAdd(resource);
        return new AlterConfigsRequestData().setResources(resources);
    }

    private static AlterConfigsResponseData taken(AlterConfigsRequestData request) {
        AlterConfigsResponseData answer = new AlterConfigsResponseData();
        for (AlterConfigsResource resource : request.resources()) {
            answer.responses()
                    .add(
                            new AlterConfigsResourceResponse()
                                    .setResourceType(resource.resourceType())
                                    .setResourceName(resource.resourceName()));
        }
        return answer;
    }
}
