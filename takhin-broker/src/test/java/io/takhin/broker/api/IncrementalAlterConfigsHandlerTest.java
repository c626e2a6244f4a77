package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.broker.topicconfig.FixedDefaults;
import io.takhin.testkit.ManualClock;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResourceCollection;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class IncrementalAlterConfigsHandlerTest {
    private final TestCluster cluster = new TestCluster().broker(1).topic("orders", 1);
    private final FakeLoggers loggers = new FakeLoggers();
    private final FakeQuorum quorum =
            new FakeQuorum()
                    .on(
                            IncrementalAlterConfigsRequestData.class,
                            IncrementalAlterConfigsHandlerTest::taken);
    private final IncrementalAlterConfigsHandler handler =
            new IncrementalAlterConfigsHandler(
                    new Controller(quorum, new ManualClock(0)),
                    new ConfigAlteration(
                            cluster::view, new BrokerConfigs(new FixedDefaults(), 1), loggers));

    @Test
    void aTopicsSettingGoesToTheController() {
        AlterConfigsResourceResponse response = alter(topic("orders", set("retention.ms", "1000")));

        assertThat(response.errorCode()).isZero();
        assertThat(asked().find(ConfigResource.Type.TOPIC.id(), "orders").configs())
                .containsExactly(set("retention.ms", "1000"));
    }

    @Test
    void aBadValueIsRefusedBeforeTheControllerIsAsked() {
        assertThat(refusal(topic("orders", set("retention.ms", "soon"))))
                .isEqualTo(
                        "Invalid value soon for configuration retention.ms: Not a number of type LONG");
        assertThat(refusal(topic("orders", set("retention.minutes", "1"))))
                .isEqualTo("Unknown topic config name: retention.minutes");
        assertThat(refusal(topic("orders", set("remote.storage.enable", "true"))))
                .contains("tiered storage is not in this version");
        assertThat(refusal(topic("orders", op("cleanup.policy", OpType.APPEND, "shred"))))
                .contains("shred");
        assertThat(quorum.asked()).isEmpty();
    }

    @Test
    void whatContradictsAnEarlierSettingIsRefused() {
        cluster.topicOverride("orders", "min.compaction.lag.ms", "100");

        assertThat(refusal(topic("orders", set("max.compaction.lag.ms", "5"))))
                .startsWith("conflict topic config setting");
    }

    // The controller sees all of a topic's settings, and refuses what may not stay beside.
    @Test
    void anEarlierSettingOfAnotherClusterIsLeftToTheController() {
        cluster.topicOverride("orders", "remote.storage.enable", "true");

        assertThat(alter(topic("orders", set("retention.ms", "1000"))).errorCode()).isZero();
    }

    @Test
    void aListCanBeAddedToAndTakenFrom() {
        assertThat(
                        alter(topic("orders", op("cleanup.policy", OpType.APPEND, "compact")))
                                .errorCode())
                .isZero();
        assertThat(
                        alter(topic("orders", op("cleanup.policy", OpType.SUBTRACT, "delete")))
                                .errorCode())
                .isZero();
        assertThat(alter(topic("orders", op("retention.ms", OpType.DELETE, null))).errorCode())
                .isZero();
    }

    @Test
    void whatTopicsInheritCanChangeWhileBrokersRun() {
        assertThat(alter(broker("1", set("log.retention.ms", "1000"))).errorCode()).isZero();
        assertThat(alter(broker("", set("message.max.bytes", "2000000"))).errorCode()).isZero();
        assertThat(alter(broker("", op("left.behind", OpType.DELETE, null))).errorCode()).isZero();
    }

    @Test
    void otherBrokerSettingsNeedTheFileAndARestart() {
        AlterConfigsResourceResponse response = alter(broker("1", set("num.partitions", "9")));

        assertThat(response.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(response.errorMessage())
                .startsWith("Cannot update these configs dynamically: num.partitions")
                .contains("configuration file");
        assertThat(refusal(broker("1", set("log.segment.bytes", "12"))))
                .isEqualTo(
                        "Invalid value 12 for configuration log.segment.bytes: Value must be at"
                                + " least 1048576");
        assertThat(refusal(broker("2", set("log.retention.ms", "1"))))
                .isEqualTo("Unexpected broker id, expected 1, but received 2");
    }

    // S52
    @Test
    void aLogLevelChangesOnTheSpot() {
        assertThat(alter(logger(set("io.takhin", "DEBUG"))).errorCode()).isZero();
        assertThat(loggers.levels()).containsEntry("io.takhin", "DEBUG");

        assertThat(alter(logger(op("io.takhin", OpType.DELETE, null))).errorCode()).isZero();
        assertThat(loggers.levels()).containsEntry("io.takhin", "INFO");
        assertThat(quorum.asked()).isEmpty();
    }

    @Test
    void aLogLevelIsOnlyLookedAtWhenItIsToBeValidated() {
        IncrementalAlterConfigsRequestData request =
                request(logger(set("io.takhin", "DEBUG"))).setValidateOnly(true);

        FakeExchange.of(request).answerOf(handler, IncrementalAlterConfigsResponseData.class);

        assertThat(loggers.levels()).containsEntry("io.takhin", "INFO");
    }

    @Test
    void loggersHaveRulesOfTheirOwn() {
        assertThat(refusal(logger(set("no.such", "DEBUG"))))
                .isEqualTo("Logger no.such does not exist!");
        assertThat(refusal(logger(set("io.takhin", "LOUD"))))
                .startsWith("Cannot set the log level of io.takhin to LOUD");
        assertThat(refusal(logger(op("root", OpType.DELETE, null))))
                .isEqualTo("Removing the log level of the root logger is not allowed");
        assertThat(refusal(logger(op("root", OpType.APPEND, "DEBUG"))))
                .isEqualTo("APPEND operation is not allowed for the BROKER_LOGGER resource");
    }

    @Test
    void groupsAreCheckedAndGoToTheController() {
        assertThat(
                        alter(
                                        of(
                                                ConfigResource.Type.GROUP,
                                                "g",
                                                set("consumer.session.timeout.ms", "50000")))
                                .errorCode())
                .isZero();
        assertThat(
                        refusal(
                                of(
                                        ConfigResource.Type.GROUP,
                                        "g",
                                        set("share.auto.offset.reset", "latest"))))
                .contains("share groups are not in this version");
        assertThat(refusal(of(ConfigResource.Type.CLIENT_METRICS, "m", set("interval.ms", "1"))))
                .contains("Clients do not send metrics");
    }

    @Test
    void malformedRequestsAreRefused() {
        assertThat(refusal(topic("orders", op("retention.ms", OpType.SET, null))))
                .isEqualTo("Null value not supported for : retention.ms");
        assertThat(
                        refusal(
                                topic(
                                        "orders",
                                        set("retention.ms", "1"),
                                        op("retention.ms", OpType.DELETE, null))))
                .isEqualTo("Error due to duplicate config keys");
    }

    @Test
    void aResourceNamedTwiceIsNotChanged() {
        IncrementalAlterConfigsResponseData answer =
                FakeExchange.of(
                                request(
                                        topic("orders", set("retention.ms", "1")),
                                        topic("orders", set("retention.ms", "2"))))
                        .answerOf(handler, IncrementalAlterConfigsResponseData.class);

        assertThat(answer.responses())
                .singleElement()
                .extracting(AlterConfigsResourceResponse::errorMessage)
                .isEqualTo("Each resource must appear at most once.");
        assertThat(quorum.asked()).isEmpty();
    }

    @Test
    void oneBadResourceDoesNotKeepTheOthersBack() {
        IncrementalAlterConfigsResponseData answer =
                FakeExchange.of(
                                request(
                                        topic("orders", set("retention.ms", "1")),
                                        broker("1", set("num.partitions", "2"))))
                        .answerOf(handler, IncrementalAlterConfigsResponseData.class);

        assertThat(answer.responses())
                .extracting(AlterConfigsResourceResponse::errorCode)
                .containsExactlyInAnyOrder(Errors.NONE.code(), Errors.INVALID_REQUEST.code());
        assertThat(asked()).hasSize(1);
    }

    @Test
    void whenNoControllerAnswersTheResourceSaysSo() {
        quorum.failOn(IncrementalAlterConfigsRequestData.class, new TimeoutException("nobody"));

        assertThat(alter(topic("orders", set("retention.ms", "1"))).errorCode())
                .isEqualTo(Errors.REQUEST_TIMED_OUT.code());
    }

    private @Nullable String refusal(AlterConfigsResource resource) {
        AlterConfigsResourceResponse response = alter(resource);
        assertThat(response.errorCode()).isNotZero();
        return response.errorMessage();
    }

    private AlterConfigsResourceResponse alter(AlterConfigsResource resource) {
        return FakeExchange.of(request(resource))
                .answerOf(handler, IncrementalAlterConfigsResponseData.class)
                .responses()
                .getFirst();
    }

    private AlterConfigsResourceCollection asked() {
        return quorum.asked(IncrementalAlterConfigsRequestData.class).getFirst().resources();
    }

    private static IncrementalAlterConfigsRequestData request(AlterConfigsResource... resources) {
        AlterConfigsResourceCollection collection = new AlterConfigsResourceCollection();
        for (AlterConfigsResource resource : resources) {
            collection.mustAdd(resource);
        }
        return new IncrementalAlterConfigsRequestData().setResources(collection);
    }

    private static AlterConfigsResource topic(String name, AlterableConfig... configs) {
        return of(ConfigResource.Type.TOPIC, name, configs);
    }

    private static AlterConfigsResource broker(String name, AlterableConfig... configs) {
        return of(ConfigResource.Type.BROKER, name, configs);
    }

    private static AlterConfigsResource logger(AlterableConfig... configs) {
        return of(ConfigResource.Type.BROKER_LOGGER, "1", configs);
    }

    private static AlterConfigsResource of(
            ConfigResource.Type type, String name, AlterableConfig... configs) {
        AlterConfigsResource resource =
                new AlterConfigsResource().setResourceType(type.id()).setResourceName(name);
        for (AlterableConfig config : configs) {
            resource.configs().mustAdd(config);
        }
        return resource;
    }

    private static AlterableConfig set(String name, String value) {
        return op(name, OpType.SET, value);
    }

    private static AlterableConfig op(String name, OpType type, @Nullable String value) {
        return new AlterableConfig().setName(name).setConfigOperation(type.id()).setValue(value);
    }

    private static IncrementalAlterConfigsResponseData taken(
            IncrementalAlterConfigsRequestData request) {
        IncrementalAlterConfigsResponseData answer = new IncrementalAlterConfigsResponseData();
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
