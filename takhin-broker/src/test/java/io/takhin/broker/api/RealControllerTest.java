package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.broker.topicconfig.FixedDefaults;
import io.takhin.broker.topicconfig.TopicConfigs;
import io.takhin.metadata.ClusterView;
import io.takhin.metadata.MetadataNode;
import io.takhin.metadata.MetadataSettings;
import io.takhin.metadata.MetadataSettings.BrokerEndpoint;
import io.takhin.metadata.MetadataSettings.Timing;
import io.takhin.metadata.SettingRules;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The handlers on a metadata node that is its own quorum: what Kafka's controller says of them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealControllerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final FixedDefaults defaults =
            new FixedDefaults().with("num.partitions", "4").with("default.replication.factor", "1");

    private MetadataNode node;
    private Controller controller;
    private CreateTopicsHandler createTopics;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        MetadataSettings settings =
                new MetadataSettings(
                        1,
                        null,
                        directory,
                        List.of(),
                        null,
                        new BrokerEndpoint("PLAINTEXT", "localhost", 9092, null),
                        Timing.alone(),
                        Map.of(),
                        SettingRules.NONE);
        node = MetadataNode.open(settings, Clock.SYSTEM, -1, _ -> {}, _ -> {});
        node.start();
        node.membership().ready().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        controller = new Controller(node.quorum(), Clock.SYSTEM);
        createTopics =
                new CreateTopicsHandler(
                        new TopicCreation(
                                controller, node::view, defaults, new TopicConfigs(defaults, 1)),
                        new TopicAppearance(node::view, Duration.ofSeconds(1)));
    }

    @AfterAll
    void stop() throws InterruptedException {
        node.stop();
    }

    @Test
    void aTopicIsCreatedDescribedGrownAndDeleted() {
        CreatableTopicResult created = create(topic("orders", -1).setReplicationFactor((short) -1));
        awaitPartitions("orders", 4);

        CreatePartitionsResponseData grown = grow("orders", 6);
        awaitPartitions("orders", 6);
        CreatePartitionsResponseData again = grow("orders", 5);
        DeleteTopicsResponseData deleted =
                ask(
                        new DeleteTopicsHandler(controller, node::view),
                        new DeleteTopicsRequestData()
                                .setTopics(
                                        List.of(
                                                new DeleteTopicState()
                                                        .setTopicId(created.topicId())))
                                .setTimeoutMs(10_000),
                        DeleteTopicsResponseData.class);

        assertThat(created.numPartitions()).isEqualTo(4);
        assertThat(grown.results().getFirst().errorCode()).isZero();
        assertThat(again.results().getFirst().errorCode())
                .isEqualTo(Errors.INVALID_PARTITIONS.code());
        assertThat(deleted.responses().iterator().next().errorCode()).isZero();
        await(() -> node.view().topic("orders") == null);
    }

    @Test
    void deletingByNameWorksAndAnUnknownNameIsToldSo() {
        create(topic("short-lived", 1));
        awaitPartitions("short-lived", 1);

        DeleteTopicsResponseData deleted =
                FakeExchange.of(
                                new DeleteTopicsRequestData()
                                        .setTopicNames(List.of("short-lived", "never-there"))
                                        .setTimeoutMs(10_000),
                                3)
                        .answerOf(
                                new DeleteTopicsHandler(controller, node::view),
                                DeleteTopicsResponseData.class);

        assertThat(deleted.responses().find("short-lived").errorCode()).isZero();
        assertThat(deleted.responses().find("never-there").errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    // S72
    @Test
    void namesAreRefusedInKafkasWords() {
        create(topic("same.name", 1));

        assertThat(create(topic("same_name", 1)).errorMessage())
                .isEqualTo("Topic 'same_name' collides with existing topic: same.name");
        assertThat(create(topic("same.name", 1)).errorMessage())
                .isEqualTo("Topic 'same.name' already exists.");
        assertThat(create(topic("with space", 1)).errorMessage())
                .isEqualTo(
                        "Topic name is invalid: 'with space' contains one or more characters other"
                                + " than ASCII alphanumerics, '.', '_' and '-'");
        assertThat(create(topic("n".repeat(250), 1)).errorMessage())
                .endsWith("is longer than the max allowed length 249");
        assertThat(create(topic("", 1)).errorMessage())
                .isEqualTo("Topic name is invalid: the empty string is not allowed");
    }

    @Test
    void partitionsAndReplicasAreCheckedByTheController() {
        assertThat(Errors.forCode(create(topic("zero", 0)).errorCode()))
                .isEqualTo(Errors.INVALID_PARTITIONS);
        assertThat(create(topic("zero", 0)).errorMessage())
                .isEqualTo("Number of partitions was set to an invalid non-positive value.");
        assertThat(
                        Errors.forCode(
                                create(topic("none", 1).setReplicationFactor((short) 0))
                                        .errorCode()))
                .isEqualTo(Errors.INVALID_REPLICATION_FACTOR);
    }

    @Test
    void validatingCreatesNothing() {
        CreateTopicsRequestData request = request(topic("only-looked-at", 3)).setValidateOnly(true);

        CreateTopicsResponseData answer =
                ask(createTopics, request, CreateTopicsResponseData.class);

        assertThat(answer.topics().find("only-looked-at").errorCode()).isZero();
        assertThat(node.view().topic("only-looked-at")).isNull();
    }

    @Test
    void moreThanNineThousandNineHundredNinetyNinePartitionsAreCreated() {
        CreatableTopicResult created = create(topic("huge", 21_000, "retention.ms", "-1"));

        assertThat(created.errorMessage()).isNull();
        assertThat(created.numPartitions()).isEqualTo(21_000);
        awaitPartitions("huge", 21_000);
    }

    @Test
    void settingsOfATopicChange() {
        create(topic("settled", 1, "retention.ms", "1000"));
        awaitPartitions("settled", 1);
        IncrementalAlterConfigsHandler handler =
                new IncrementalAlterConfigsHandler(
                        controller,
                        new ConfigAlteration(
                                node::view, new BrokerConfigs(defaults, 1), new FakeLoggers()));

        IncrementalAlterConfigsResponseData appended =
                ask(
                        handler,
                        alteration("settled", "cleanup.policy", OpType.APPEND, "compact"),
                        IncrementalAlterConfigsResponseData.class);
        IncrementalAlterConfigsResponseData wrong =
                ask(
                        handler,
                        alteration("settled", "retention.ms", OpType.APPEND, "5"),
                        IncrementalAlterConfigsResponseData.class);
        IncrementalAlterConfigsResponseData unknown =
                ask(
                        handler,
                        alteration("never-there", "retention.ms", OpType.SET, "5"),
                        IncrementalAlterConfigsResponseData.class);

        ConfigResource settled = new ConfigResource(ConfigResource.Type.TOPIC, "settled");
        assertThat(appended.responses().getFirst().errorCode()).isZero();
        await(() -> node.view().overrides(settled).containsKey("cleanup.policy"));
        assertThat(node.view().overrides(settled))
                .containsEntry("retention.ms", "1000")
                .containsEntry("cleanup.policy", "delete,compact");
        assertThat(wrong.responses().getFirst().errorMessage())
                .isEqualTo("Can't APPEND to key retention.ms because its type is not LIST.");
        assertThat(unknown.responses().getFirst().errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @Test
    void aProducerIdIsGivenAndHalfOfOneIsNotTaken() {
        InitProducerIdHandler handler = new InitProducerIdHandler(node.producerIds());

        InitProducerIdResponseData given =
                FakeExchange.of(new InitProducerIdRequestData().setTransactionalId(null))
                        .answerOf(handler, InitProducerIdResponseData.class);
        InitProducerIdResponseData refused =
                FakeExchange.of(
                                new InitProducerIdRequestData()
                                        .setTransactionalId(null)
                                        .setProducerId(5))
                        .answerOf(handler, InitProducerIdResponseData.class);

        assertThat(given.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(given.producerEpoch()).isZero();
        assertThat(refused.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
    }

    @Test
    void reassignmentsElectionsAndUnknownBrokersAreAnswered() {
        ListPartitionReassignmentsResponseData none =
                ask(
                        new ListPartitionReassignmentsHandler(controller),
                        new ListPartitionReassignmentsRequestData(),
                        ListPartitionReassignmentsResponseData.class);
        ElectLeadersResponseData elected =
                ask(
                        new ElectLeadersHandler(controller),
                        new ElectLeadersRequestData(),
                        ElectLeadersResponseData.class);
        UnregisterBrokerResponseData unregistered =
                ask(
                        new UnregisterBrokerHandler(controller),
                        new UnregisterBrokerRequestData().setBrokerId(77),
                        UnregisterBrokerResponseData.class);

        assertThat(none.errorCode()).isZero();
        assertThat(none.topics()).isEmpty();
        assertThat(elected.errorCode()).isZero();
        assertThat(unregistered.errorCode()).isEqualTo(Errors.BROKER_ID_NOT_REGISTERED.code());
    }

    private CreatableTopicResult create(CreatableTopic topic) {
        return ask(createTopics, request(topic), CreateTopicsResponseData.class)
                .topics()
                .iterator()
                .next();
    }

    private CreatePartitionsResponseData grow(String name, int count) {
        CreatePartitionsRequestData request =
                new CreatePartitionsRequestData().setTimeoutMs(10_000);
        request.topics().mustAdd(automatic(name, count));
        return ask(
                new CreatePartitionsHandler(controller, node::view),
                request,
                CreatePartitionsResponseData.class);
    }

    @SuppressWarnings("NullAway") // Null is the protocol's "place them yourself".
    private static CreatePartitionsTopic automatic(String name, int count) {
        return new CreatePartitionsTopic().setName(name).setCount(count).setAssignments(null);
    }

    private static <T extends ApiMessage> T ask(
            ApiHandler handler, ApiMessage request, Class<T> answer) {
        return FakeExchange.of(request).answerOf(handler, answer);
    }

    private static CreateTopicsRequestData request(CreatableTopic topic) {
        CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(20_000);
        request.topics().mustAdd(topic);
        return request;
    }

    private static CreatableTopic topic(String name, int partitions) {
        return new CreatableTopic()
                .setName(name)
                .setNumPartitions(partitions)
                .setReplicationFactor((short) 1);
    }

    private static CreatableTopic topic(String name, int partitions, String config, String value) {
        CreatableTopic topic = topic(name, partitions);
        topic.configs().mustAdd(new CreatableTopicConfig().setName(config).setValue(value));
        return topic;
    }

    private static IncrementalAlterConfigsRequestData alteration(
            String topic, String name, OpType type, String value) {
        AlterConfigsResource resource =
                new AlterConfigsResource()
                        .setResourceType(ConfigResource.Type.TOPIC.id())
                        .setResourceName(topic);
        resource.configs()
                .mustAdd(
                        new AlterableConfig()
                                .setName(name)
                                .setConfigOperation(type.id())
                                .setValue(value));
        IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
        request.resources().mustAdd(resource);
        return request;
    }

    private void awaitPartitions(String topic, int count) {
        await(() -> {
            ClusterView.Topic known = node.view().topic(topic);
            return known != null && known.partitions().size() == count;
        });
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
            LockSupport.parkNanos(1_000_000);
        }
    }
}
