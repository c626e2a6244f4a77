package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.broker.topicconfig.FixedDefaults;
import io.takhin.broker.topicconfig.TopicConfigs;
import io.takhin.testkit.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignmentCollection;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CreateTopicsHandlerTest {
    private static final Uuid ID = new Uuid(3, 4);

    private final FixedDefaults defaults =
            new FixedDefaults()
                    .with("num.partitions", "4")
                    .with("default.replication.factor", "1")
                    .with("log.segment.bytes", "2147483648");
    private final TestCluster cluster = new TestCluster().broker(1).topic("there", 1);
    private final FakeQuorum quorum =
            new FakeQuorum().on(CreateTopicsRequestData.class, CreateTopicsHandlerTest::created);
    private final CreateTopicsHandler handler =
            new CreateTopicsHandler(
                    new TopicCreation(
                            new Controller(quorum, new ManualClock(0)),
                            cluster::view,
                            defaults,
                            new TopicConfigs(defaults, 1)),
                    new TopicAppearance(cluster::view, Duration.ZERO));

    @Test
    void theControllerIsAskedOnBehalfOfTheClientWithTheClientsPatience() {
        FakeExchange exchange = FakeExchange.of(request(topic("orders", 3)).setTimeoutMs(7000));

        exchange.answerOf(handler, CreateTopicsResponseData.class);

        FakeQuorum.Asked asked = quorum.asked().getFirst();
        assertThat(asked.timeoutMillis()).isEqualTo(7000);
        assertThat(asked.caller().clientId()).isEqualTo("test-client");
        assertThat(asked.caller().principal()).isEqualTo(exchange.client().principal());
    }

    @Test
    void everyVersionCanCarryTheAnswer() {
        for (int version = ApiKeys.CREATE_TOPICS.oldestVersion(); version <= 7; version++) {
            FakeExchange exchange = FakeExchange.of(request(topic("orders", 3)), version);

            CreateTopicsResponseData answer =
                    exchange.answerOf(handler, CreateTopicsResponseData.class);

            assertThat(answer.topics().find("orders").errorCode()).isZero();
        }
    }

    // S57
    @Test
    void whatTheClientLeavesOpenComesFromTheBrokersConfiguration() {
        CreatableTopicResult result = create(topic("orders", -1).setReplicationFactor((short) -1));

        CreatableTopic asked = askedTopics().getFirst();
        assertThat(asked.numPartitions()).isEqualTo(4);
        assertThat(asked.replicationFactor()).isEqualTo((short) 1);
        assertThat(result.numPartitions()).isEqualTo(4);
        assertThat(result.replicationFactor()).isEqualTo((short) 1);
    }

    @Test
    void theAnswerShowsTheSettingsTheTopicHasNow() {
        CreatableTopicResult result = create(topic("orders", 1, "retention.ms", "1000"));

        assertThat(config(result, "retention.ms").value()).isEqualTo("1000");
        assertThat(config(result, "retention.ms").configSource()).isEqualTo((byte) 1);
        assertThat(config(result, "segment.bytes").value()).isEqualTo("2147483648");
        assertThat(config(result, "segment.bytes").configSource()).isEqualTo((byte) 4);
        assertThat(config(result, "segment.ms").configSource()).isEqualTo((byte) 5);
    }

    @Test
    void moreThanOneReplicaIsRefusedWithAReason() {
        CreatableTopicResult result = create(topic("orders", 1).setReplicationFactor((short) 3));

        assertThat(error(result)).isEqualTo(Errors.INVALID_REPLICATION_FACTOR);
        assertThat(result.errorMessage())
                .startsWith("Unable to replicate the partition 3 time(s): ")
                .contains("not in this version");
        assertThat(quorum.asked()).isEmpty();
    }

    @Test
    void aManualAssignmentMayNotHaveTwoReplicasEither() {
        CreatableTopicResult result = create(assigned("orders", List.of(List.of(1, 2))));

        assertThat(error(result)).isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
        assertThat(result.errorMessage()).contains("Partition 0 cannot have 2 replicas");
    }

    @Test
    void aManualAssignmentReachesTheControllerAsItIs() {
        create(assigned("orders", List.of(List.of(1), List.of(1))));

        CreatableTopic asked = askedTopics().getFirst();
        assertThat(asked.assignments()).hasSize(2);
        assertThat(asked.numPartitions()).isEqualTo(-1);
        assertThat(asked.replicationFactor()).isEqualTo((short) -1);
    }

    @Test
    void aTopicNamedTwiceIsNotCreated() {
        CreateTopicsResponseData answer =
                answer(request(topic("a", 1), topic("b", 1), topic("a", 2)));

        assertThat(answer.topics()).hasSize(2);
        assertThat(error(answer.topics().find("a"))).isEqualTo(Errors.INVALID_REQUEST);
        assertThat(answer.topics().find("a").errorMessage()).isEqualTo("Duplicate topic name.");
        assertThat(error(answer.topics().find("b"))).isEqualTo(Errors.NONE);
        assertThat(askedTopics()).extracting(CreatableTopic::name).containsExactly("b");
    }

    @Test
    void theMetadataLogIsNobodysTopic() {
        CreatableTopicResult result = create(topic("__cluster_metadata", 1));

        assertThat(error(result)).isEqualTo(Errors.INVALID_REQUEST);
        assertThat(result.errorMessage())
                .isEqualTo("Creation of internal topic __cluster_metadata is prohibited.");
    }

    @Test
    void badSettingsAreRefusedWithTheirName() {
        CreatableTopicResult unknown = create(topic("a", 1, "retention.minutes", "1"));
        CreatableTopicResult wrong = create(topic("b", 1, "retention.ms", "soon"));
        CreatableTopicResult tiered = create(topic("c", 1, "remote.storage.enable", "true"));
        CreatableTopicResult nothing = create(topic("d", 1, "retention.ms", null));

        assertThat(List.of(unknown, wrong, tiered, nothing))
                .allMatch(result -> error(result) == Errors.INVALID_CONFIG)
                .extracting(CreatableTopicResult::errorMessage)
                .containsExactly(
                        "Unknown topic config name: retention.minutes",
                        "Invalid value soon for configuration retention.ms: Not a number of type"
                                + " LONG",
                        "Invalid value true for configuration remote.storage.enable: tiered"
                                + " storage is not in this version",
                        "Null value not supported for topic configs: retention.ms");
    }

    @Test
    void aTopicThatExistsIsTheControllersToReportEvenWithBadSettings() {
        create(topic("there", 1, "retention.ms", "soon"));

        assertThat(askedTopics()).extracting(CreatableTopic::name).containsExactly("there");
    }

    // S72
    @Test
    void namesAreTheControllersToJudge() {
        create(topic("not a name", 1, "retention.ms", "soon"));

        assertThat(askedTopics()).extracting(CreatableTopic::name).containsExactly("not a name");
    }

    @Test
    void validateOnlyIsPassedOn() {
        answer(request(topic("orders", 1)).setValidateOnly(true));

        assertThat(quorum.asked(CreateTopicsRequestData.class).getFirst().validateOnly()).isTrue();
    }

    @Test
    void whenNoControllerAnswersEveryTopicSaysSo() {
        quorum.failOn(CreateTopicsRequestData.class, new TimeoutException("no controller"));

        CreateTopicsResponseData answer = answer(request(topic("a", 1), topic("b", 1)));

        assertThat(answer.topics())
                .hasSize(2)
                .allMatch(result -> error(result) == Errors.REQUEST_TIMED_OUT)
                .allMatch(result -> "no controller".equals(result.errorMessage()));
    }

    @Test
    void aTopicTooLargeForOneOperationIsCreatedSmallAndGrows() {
        quorum.on(CreatePartitionsRequestData.class, CreateTopicsHandlerTest::grown);

        CreatableTopicResult result = create(topic("huge", 11_000));

        assertThat(error(result)).isEqualTo(Errors.NONE);
        assertThat(result.numPartitions()).isEqualTo(11_000);
        assertThat(askedTopics().getFirst().numPartitions()).isEqualTo(2_000);
        assertThat(quorum.asked(CreatePartitionsRequestData.class))
                .extracting(growth -> growth.topics().iterator().next().count())
                .containsExactly(4_000, 6_000, 8_000, 10_000, 11_000);
    }

    @Test
    void aManualAssignmentTooLargeForOneOperationKeepsItsPlaces() {
        quorum.on(CreatePartitionsRequestData.class, CreateTopicsHandlerTest::grown);
        List<List<Integer>> places = IntStream.range(0, 12_000).mapToObj(i -> List.of(i)).toList();

        create(assigned("huge", places));

        CreatePartitionsRequestData.CreatePartitionsTopic growth =
                quorum.asked(CreatePartitionsRequestData.class)
                        .getFirst()
                        .topics()
                        .iterator()
                        .next();
        assertThat(askedTopics().getFirst().assignments()).hasSize(2_000);
        assertThat(growth.count()).isEqualTo(4_000);
        assertThat(growth.assignments()).hasSize(2_000);
        assertThat(growth.assignments().getFirst().brokerIds()).containsExactly(2_000);
    }

    @Test
    void aTopicThatCannotGetAllItsPartitionsIsDeletedAgain() {
        quorum.on(
                        CreatePartitionsRequestData.class,
                        _ -> growthRefused(Errors.INVALID_REPLICATION_FACTOR, "no broker"))
                .on(DeleteTopicsRequestData.class, _ -> deleted(Errors.NONE));

        CreatableTopicResult result = create(topic("huge", 10_000));

        assertThat(error(result)).isEqualTo(Errors.INVALID_REPLICATION_FACTOR);
        assertThat(result.errorMessage()).isEqualTo("no broker");
        assertThat(quorum.asked(DeleteTopicsRequestData.class).getFirst().topics().getFirst())
                .isEqualTo(new DeleteTopicsRequestData.DeleteTopicState().setTopicId(ID));
    }

    @Test
    void aHalfMadeTopicThatCannotBeDeletedIsAdmitted() {
        quorum.on(
                        CreatePartitionsRequestData.class,
                        _ -> growthRefused(Errors.INVALID_REPLICATION_FACTOR, "no broker"))
                .failOn(DeleteTopicsRequestData.class, new TimeoutException("no controller"));

        CreatableTopicResult result = create(topic("huge", 10_000));

        assertThat(error(result)).isEqualTo(Errors.REQUEST_TIMED_OUT);
        assertThat(result.errorMessage()).contains("a part of its partitions", "no controller");
    }

    @Test
    void aTopicThatWasNotCreatedDoesNotGrow() {
        quorum.on(
                CreateTopicsRequestData.class,
                request -> refused(request, Errors.TOPIC_ALREADY_EXISTS));

        CreatableTopicResult result = create(topic("huge", 20_000));

        assertThat(error(result)).isEqualTo(Errors.TOPIC_ALREADY_EXISTS);
        assertThat(quorum.asked(CreatePartitionsRequestData.class)).isEmpty();
    }

    @Test
    void manyTopicsThatTogetherAreTooLargeAreCreatedInBatches() {
        CreateTopicsResponseData answer =
                answer(request(topic("a", 6_000), topic("b", 6_000), topic("c", 3_000)));

        assertThat(answer.topics()).allMatch(result -> error(result) == Errors.NONE);
        assertThat(quorum.asked(CreateTopicsRequestData.class))
                .extracting(batch -> batch.topics().size())
                .containsExactly(1, 2);
    }

    @Test
    void validatingALargeTopicCreatesNothing() {
        List<List<Integer>> places =
                IntStream.range(0, 12_000).mapToObj(i -> List.of(i % 3)).toList();

        CreateTopicsResponseData answer =
                answer(
                        request(topic("huge", 20_000), assigned("placed", places))
                                .setValidateOnly(true));

        assertThat(answer.topics()).allMatch(result -> error(result) == Errors.NONE);
        assertThat(answer.topics().find("huge").numPartitions()).isEqualTo(20_000);
        assertThat(quorum.asked(CreateTopicsRequestData.class))
                .allMatch(CreateTopicsRequestData::validateOnly);
        assertThat(askedTopics().getLast().assignments())
                .extracting(CreatableReplicaAssignment::brokerIds)
                .containsExactly(List.of(0), List.of(1), List.of(2));
    }

    @Test
    void aMillionPartitionsAtOnceAreAMistake() {
        CreateTopicsResponseData answer = answer(request(topic("a", 1_000_000), topic("b", 1)));

        assertThat(answer.topics())
                .hasSize(2)
                .allMatch(result -> error(result) == Errors.POLICY_VIOLATION);
        assertThat(quorum.asked()).isEmpty();
    }

    private CreatableTopicResult create(CreatableTopic topic) {
        return answer(request(topic)).topics().iterator().next();
    }

    private CreateTopicsResponseData answer(CreateTopicsRequestData request) {
        return FakeExchange.of(request).answerOf(handler, CreateTopicsResponseData.class);
    }

    private List<CreatableTopic> askedTopics() {
        return quorum.asked(CreateTopicsRequestData.class).stream()
                .flatMap(request -> request.topics().stream())
                .toList();
    }

    private static CreateTopicsRequestData request(CreatableTopic... topics) {
        CreatableTopicCollection collection = new CreatableTopicCollection();
        for (CreatableTopic topic : topics) {
            collection.mustAdd(topic);
        }
        return new CreateTopicsRequestData().setTopics(collection);
    }

    private static CreatableTopic topic(String name, int partitions) {
        return new CreatableTopic()
                .setName(name)
                .setNumPartitions(partitions)
                .setReplicationFactor((short) 1);
    }

    private static CreatableTopic topic(
            String name, int partitions, String config, @Nullable String value) {
        CreatableTopic topic = topic(name, partitions);
        topic.configs().add(new CreatableTopicConfig().setName(config).setValue(value));
        return topic;
    }

    private static CreatableTopic assigned(String name, List<List<Integer>> places) {
        CreatableTopic topic =
                topic(name, -1)
                        .setReplicationFactor((short) -1)
                        .setAssignments(
                                new CreatableReplicaAssignmentCollection(places.size() + 2));
        for (int i = 0; i < places.size(); i++) {
            topic.assignments()
                    .add(
                            new CreatableReplicaAssignment()
                                    .setPartitionIndex(i)
                                    .setBrokerIds(places.get(i)));
        }
        return topic;
    }

    private static Errors error(CreatableTopicResult result) {
        return Errors.forCode(result.errorCode());
    }

    private static CreatableTopicConfigs config(CreatableTopicResult result, String name) {
        return result.configs().stream()
                .filter(config -> config.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static CreateTopicsResponseData created(CreateTopicsRequestData request) {
        return refused(request, Errors.NONE);
    }

    private static CreateTopicsResponseData refused(CreateTopicsRequestData request, Errors error) {
        CreateTopicsResponseData answer = new CreateTopicsResponseData();
        for (CreatableTopic topic : request.topics()) {
            answer.topics()
                    .add(
                            new CreatableTopicResult()
                                    .setName(topic.name())
                                    .setTopicId(ID)
                                    .setErrorCode(error.code()));
        }
        return answer;
    }

    private static CreatePartitionsResponseData grown(CreatePartitionsRequestData request) {
        Objects.requireNonNull(request);
        return growthRefused(Errors.NONE, "");
    }

    private static CreatePartitionsResponseData growthRefused(Errors error, String message) {
        return new CreatePartitionsResponseData()
                .setResults(
                        List.of(
                                new CreatePartitionsTopicResult()
                                        .setName("huge")
                                        .setErrorCode(error.code())
                                        .setErrorMessage(message)));
    }

    private static DeleteTopicsResponseData deleted(Errors error) {
        DeleteTopicsResponseData answer = new DeleteTopicsResponseData();
        answer.responses()
                .add(new DeletableTopicResult().setTopicId(ID).setErrorCode(error.code()));
        return answer;
    }
}
