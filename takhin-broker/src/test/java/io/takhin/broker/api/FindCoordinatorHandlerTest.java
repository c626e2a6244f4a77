package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.metadata.ClusterView;
import io.takhin.metadata.MetadataListener.Change;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResultCollection;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FindCoordinatorHandlerTest {
    private static final String OFFSETS = "__consumer_offsets";
    private static final Change SOMETHING =
            new Change(Set.of(Uuid.ONE_UUID), Set.of(), Set.of(), false, false);

    private final TestCluster cluster = new TestCluster().broker(1);
    private final FakeQuorum quorum = new FakeQuorum();
    private final TestGroups groups = new TestGroups();
    private final OffsetsTopic topic =
            new OffsetsTopic(cluster::view, quorum, groups.coordination(), (short) 1);
    private OffsetsTopic listening = topic;
    private final FindCoordinatorHandler handler =
            new FindCoordinatorHandler(groups.coordination(), topic);

    @BeforeEach
    void serve() {
        groups.serve(cluster.view());
    }

    @AfterEach
    void stop() {
        groups.close();
    }

    @Test
    void groupsAreLookedAfterByTheLeadersOfTheirPartitions() {
        cluster.topic(OFFSETS, TestGroups.OFFSETS_PARTITIONS);

        FindCoordinatorResponseData answer = find("g", "h");

        assertThat(answer.coordinators()).extracting(Coordinator::key).containsExactly("g", "h");
        assertThat(answer.coordinators()).allSatisfy(FindCoordinatorHandlerTest::isBrokerOne);
        assertThat(quorum.asked()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void versionsBeforeFourKnowOneKey(int version) {
        cluster.topic(OFFSETS, TestGroups.OFFSETS_PARTITIONS);
        FindCoordinatorRequestData request = new FindCoordinatorRequestData().setKey("g");

        FindCoordinatorResponseData answer =
                FakeExchange.of(request, version)
                        .answerOf(handler, FindCoordinatorResponseData.class);

        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
        assertThat(answer.nodeId()).isEqualTo(1);
        assertThat(answer.host()).isEqualTo("host-1");
    }

    @Test
    void theTopicIsCreatedWhenTheFirstGroupAsks() {
        quorum.on(CreateTopicsRequestData.class, _ -> created(Errors.NONE));

        FindCoordinatorResponseData answer = find("g");

        assertThat(answer.coordinators()).allSatisfy(FindCoordinatorHandlerTest::isBrokerOne);
        assertThat(quorum.asked(CreateTopicsRequestData.class))
                .singleElement()
                .satisfies(FindCoordinatorHandlerTest::isTheOffsetsTopic);
    }

    @Test
    void groupsThatAskTogetherShareOneCreation() {
        CompletableFuture<ApiMessage> slow = new CompletableFuture<>();
        quorum.onAsync(CreateTopicsRequestData.class, _ -> slow);
        List<FakeExchange> asking =
                IntStream.range(0, 5).mapToObj(each -> ask("group-" + each)).toList();

        boolean early = asking.stream().anyMatch(FakeExchange::answered);
        slow.complete(created(Errors.NONE));

        assertThat(early).isFalse();
        assertThat(asking)
                .allSatisfy(exchange ->
                        isBrokerOne(
                                exchange.answer(FindCoordinatorResponseData.class)
                                        .coordinators()
                                        .getFirst()));
        assertThat(quorum.asked()).hasSize(1);
    }

    @Test
    void theFirstGroupIsNotSentToACoordinatorThatIsNotReady() { // S67
        try (TestGroups late = new TestGroups()) {
            late.show(cluster.view());
            quorum.on(CreateTopicsRequestData.class, _ -> created(Errors.NONE));
            OffsetsTopic fresh =
                    new OffsetsTopic(cluster::view, quorum, late.coordination(), (short) 1);
            FakeExchange asking = FakeExchange.of(request((byte) 0, "g"));
            listening = fresh;

            new FindCoordinatorHandler(late.coordination(), fresh).handle(asking);
            boolean early = asking.answered();
            late.lead();

            assertThat(early).isFalse();
            isBrokerOne(asking.answer(FindCoordinatorResponseData.class).coordinators().getFirst());
        }
    }

    @Test
    void aTopicSomebodyElseCreatedIsJustAsGood() {
        quorum.on(CreateTopicsRequestData.class, _ -> created(Errors.TOPIC_ALREADY_EXISTS));

        assertThat(find("g").coordinators()).allSatisfy(FindCoordinatorHandlerTest::isBrokerOne);
    }

    @Test
    void aCreationThatFailsIsTriedAgainByTheNextGroup() {
        quorum.failOn(CreateTopicsRequestData.class, new TimeoutException("no controller"));
        Coordinator first = find("g").coordinators().getFirst();
        quorum.on(CreateTopicsRequestData.class, _ -> refused());
        Coordinator second = find("g").coordinators().getFirst();
        quorum.on(CreateTopicsRequestData.class, _ -> created(Errors.NONE));

        Coordinator third = find("g").coordinators().getFirst();

        assertThat(first.errorCode()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());
        assertThat(second.errorCode()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());
        isBrokerOne(third);
    }

    @Test
    void aFencedLeaderIsNotNamed() {
        cluster.fencedBroker(1).topic(OFFSETS, TestGroups.OFFSETS_PARTITIONS);

        Coordinator answer = find("g").coordinators().getFirst();

        assertThat(answer.errorCode()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());
        assertThat(answer.nodeId()).isEqualTo(-1);
    }

    @Test
    void transactionsAreRefusedWithATextThatClientsShow() {
        Coordinator answer = find((byte) 1, "tx").coordinators().getFirst();

        assertThat(answer.errorCode()).isEqualTo(Errors.CLUSTER_AUTHORIZATION_FAILED.code());
        assertThat(answer.errorMessage())
                .isEqualTo("Transactions are not in this version of Takhin.");
    }

    @Test
    void anUnknownKindOfCoordinatorIsRefused() {
        Coordinator answer = find((byte) 9, "x").coordinators().getFirst();

        assertThat(answer.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
    }

    private FindCoordinatorResponseData find(String... keys) {
        return find((byte) 0, keys);
    }

    private FindCoordinatorResponseData find(byte type, String... keys) {
        return FakeExchange.of(request(type, keys))
                .answerOf(handler, FindCoordinatorResponseData.class);
    }

    private FakeExchange ask(String key) {
        FakeExchange exchange = FakeExchange.of(request((byte) 0, key));
        handler.handle(exchange);
        return exchange;
    }

    private static FindCoordinatorRequestData request(byte type, String... keys) {
        return new FindCoordinatorRequestData().setKeyType(type).setCoordinatorKeys(List.of(keys));
    }

    /** What the controller says; the metadata follows as it does in a broker. */
    private CreateTopicsResponseData created(Errors error) {
        cluster.topic(OFFSETS, TestGroups.OFFSETS_PARTITIONS);
        ClusterView view = cluster.view();
        cluster.withoutTopic(OFFSETS);
        listening.onChange(SOMETHING, view);
        return answer(error);
    }

    private static CreateTopicsResponseData refused() {
        return answer(Errors.INVALID_REPLICATION_FACTOR);
    }

    private static CreateTopicsResponseData answer(Errors error) {
        CreatableTopicResultCollection results = new CreatableTopicResultCollection();
        results.add(new CreatableTopicResult().setName(OFFSETS).setErrorCode(error.code()));
        return new CreateTopicsResponseData().setTopics(results);
    }

    private static void isBrokerOne(Coordinator found) {
        assertThat(Errors.forCode(found.errorCode())).isEqualTo(Errors.NONE);
        assertThat(found.nodeId()).isEqualTo(1);
        assertThat(found.host()).isEqualTo("host-1");
        assertThat(found.port()).isEqualTo(9092);
    }

    private static void isTheOffsetsTopic(CreateTopicsRequestData request) {
        var wanted = request.topics().find(OFFSETS);
        assertThat(wanted.numPartitions()).isEqualTo(TestGroups.OFFSETS_PARTITIONS);
        assertThat(wanted.replicationFactor()).isEqualTo((short) 1);
        assertThat(wanted.configs())
                .extracting(each -> each.name() + "=" + each.value())
                .containsExactlyInAnyOrder(
                        "cleanup.policy=compact",
                        "compression.type=producer",
                        "segment.bytes=104857600");
    }
}
