package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopicCollection;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class CreatePartitionsHandlerTest {
    private final TestCluster cluster =
            new TestCluster().broker(1).topic("orders", 3).topic("bills", 1);
    private final List<Integer> failAtCount = new ArrayList<>();
    private final FakeQuorum quorum =
            new FakeQuorum().on(CreatePartitionsRequestData.class, this::grow);
    private final CreatePartitionsHandler handler =
            new CreatePartitionsHandler(new Controller(quorum, new ManualClock(0)), cluster::view);

    // S70, section 18 item 14
    @Test
    void partitionsAreAdded() {
        CreatePartitionsResponseData answer = answer(topic("orders", 6), topic("bills", 2));

        assertThat(answer.results())
                .extracting(CreatePartitionsTopicResult::name)
                .containsExactly("orders", "bills");
        assertThat(answer.results()).allMatch(result -> result.errorCode() == 0);
        assertThat(quorum.asked()).hasSize(1);
    }

    @Test
    void everyVersionCanCarryTheAnswer() {
        for (int version = 0; version <= 3; version++) {
            FakeExchange exchange = FakeExchange.of(request(topic("orders", 6)), version);

            CreatePartitionsResponseData answer =
                    exchange.answerOf(handler, CreatePartitionsResponseData.class);

            assertThat(answer.results().getFirst().errorCode()).isZero();
        }
    }

    @Test
    void aTopicNamedTwiceDoesNotGrow() {
        CreatePartitionsResponseData answer =
                answer(topic("orders", 6), topic("orders", 7), topic("bills", 2));

        assertThat(answer.results()).hasSize(2);
        assertThat(answer.results().getFirst().errorMessage()).isEqualTo("Duplicate topic name.");
        assertThat(asked()).extracting(CreatePartitionsTopic::name).containsExactly("bills");
    }

    @Test
    void moreThanOneOperationTakesIsDoneInSteps() {
        CreatePartitionsResponseData answer = answer(topic("orders", 11_003), topic("bills", 2));

        assertThat(answer.results()).allMatch(result -> result.errorCode() == 0);
        assertThat(asked())
                .extracting(CreatePartitionsTopic::count)
                .containsExactly(2_003, 4_003, 6_003, 8_003, 10_003, 11_003, 2);
    }

    @Test
    void placesAreSharedOutAmongTheSteps() {
        List<CreatePartitionsAssignment> places =
                Collections.nCopies(
                        11_000, new CreatePartitionsAssignment().setBrokerIds(List.of(1)));

        answer(topic("orders", 11_003).setAssignments(places));

        assertThat(asked())
                .extracting(topic -> topic.assignments().size())
                .containsExactly(2_000, 2_000, 2_000, 2_000, 2_000, 1_000);
    }

    @Test
    void aStepThatFailsIsTheLastAndSaid() {
        failAtCount.add(4_003);

        CreatePartitionsResponseData answer = answer(topic("orders", 30_003));

        CreatePartitionsTopicResult result = answer.results().getFirst();
        assertThat(result.errorCode()).isEqualTo(Errors.INVALID_REPLICATION_FACTOR.code());
        assertThat(result.errorMessage()).contains("in steps", "no broker");
        assertThat(asked()).extracting(CreatePartitionsTopic::count).containsExactly(2_003, 4_003);
    }

    @Test
    void validatingManyPartitionsAddsNone() {
        answer(request(topic("orders", 11_003)).setValidateOnly(true));

        assertThat(quorum.asked(CreatePartitionsRequestData.class))
                .allMatch(CreatePartitionsRequestData::validateOnly);
        assertThat(asked())
                .extracting(CreatePartitionsTopic::count)
                .containsExactly(2_003, 2_003, 2_003, 2_003, 2_003, 1_003);
    }

    @Test
    void aMillionPartitionsAtOnceAreAMistake() {
        CreatePartitionsResponseData answer = answer(topic("orders", 1_000_000));

        assertThat(answer.results().getFirst().errorCode())
                .isEqualTo(Errors.POLICY_VIOLATION.code());
        assertThat(quorum.asked()).isEmpty();
    }

    @Test
    void whenNoControllerAnswersEveryTopicSaysSo() {
        quorum.failOn(CreatePartitionsRequestData.class, new TimeoutException("no controller"));

        CreatePartitionsResponseData answer = answer(topic("orders", 6), topic("bills", 2));

        assertThat(answer.results())
                .hasSize(2)
                .allMatch(result -> result.errorCode() == Errors.REQUEST_TIMED_OUT.code());
    }

    private CreatePartitionsResponseData answer(CreatePartitionsTopic... topics) {
        return answer(request(topics));
    }

    private CreatePartitionsResponseData answer(CreatePartitionsRequestData request) {
        return FakeExchange.of(request).answerOf(handler, CreatePartitionsResponseData.class);
    }

    private List<CreatePartitionsTopic> asked() {
        return quorum.asked(CreatePartitionsRequestData.class).stream()
                .flatMap(request -> request.topics().stream())
                .toList();
    }

    private static CreatePartitionsRequestData request(CreatePartitionsTopic... topics) {
        CreatePartitionsTopicCollection collection = new CreatePartitionsTopicCollection();
        for (CreatePartitionsTopic topic : topics) {
            collection.mustAdd(topic);
        }
        return new CreatePartitionsRequestData().setTopics(collection).setTimeoutMs(5000);
    }

    @SuppressWarnings("NullAway") // Null is the protocol's "place them yourself".
    private static CreatePartitionsTopic topic(String name, int count) {
        return new CreatePartitionsTopic().setName(name).setCount(count).setAssignments(null);
    }

    private CreatePartitionsResponseData grow(CreatePartitionsRequestData request) {
        return new CreatePartitionsResponseData()
                .setResults(request.topics().stream().map(this::result).toList());
    }

    private CreatePartitionsTopicResult result(CreatePartitionsTopic topic) {
        CreatePartitionsTopicResult result =
                new CreatePartitionsTopicResult().setName(topic.name());
        return failAtCount.contains(topic.count())
                ? result.setErrorCode(Errors.INVALID_REPLICATION_FACTOR.code())
                        .setErrorMessage("no broker")
                : result;
    }
}
