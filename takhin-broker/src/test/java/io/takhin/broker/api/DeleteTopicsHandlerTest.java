package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class DeleteTopicsHandlerTest {
    private final TestCluster cluster = new TestCluster().broker(1).topic("orders", 1);
    private final FakeQuorum quorum =
            new FakeQuorum().on(DeleteTopicsRequestData.class, DeleteTopicsHandlerTest::deleted);
    private final DeleteTopicsHandler handler =
            new DeleteTopicsHandler(new Controller(quorum, new ManualClock(0)), cluster::view);

    // S58
    @Test
    void oldVersionsNameTopicsAndTheControllerHearsTheNewForm() {
        for (int version = 1; version <= 5; version++) {
            FakeExchange exchange =
                    FakeExchange.of(
                            new DeleteTopicsRequestData().setTopicNames(List.of("orders")),
                            version);

            DeleteTopicsResponseData answer =
                    exchange.answerOf(handler, DeleteTopicsResponseData.class);

            assertThat(answer.responses().find("orders").errorCode()).isZero();
        }
        assertThat(quorum.asked(DeleteTopicsRequestData.class))
                .allMatch(asked -> asked.topics().equals(List.of(named("orders"))));
    }

    @Test
    void topicsGoByIdToo() {
        Uuid id = cluster.topicId("orders");

        DeleteTopicsResponseData answer = answer(identified(id));

        assertThat(answer.responses())
                .extracting(DeletableTopicResult::topicId)
                .containsExactly(id);
        assertThat(quorum.asked(DeleteTopicsRequestData.class).getFirst().topics())
                .containsExactly(identified(id));
    }

    @Test
    void whatIsNamedTwiceIsNotDeleted() {
        Uuid id = new Uuid(5, 5);

        DeleteTopicsResponseData answer =
                answer(
                        named("a"),
                        named("a"),
                        named("a"),
                        identified(id),
                        identified(id),
                        named("b"));

        assertThat(refusals(answer))
                .containsExactlyInAnyOrder("Duplicate topic name.", "Duplicate topic id.");
        assertThat(quorum.asked(DeleteTopicsRequestData.class).getFirst().topics())
                .containsExactly(named("b"));
    }

    @Test
    void aNameAndItsIdAreOneTopic() {
        DeleteTopicsResponseData answer =
                answer(identified(cluster.topicId("orders")), named("orders"));

        assertThat(refusals(answer))
                .containsExactly(
                        "The provided topic name maps to an ID that was already supplied.");
        assertThat(quorum.asked(DeleteTopicsRequestData.class).getFirst().topics()).hasSize(1);
    }

    @Test
    void nameOrIdButNotBothAndNotNone() {
        DeleteTopicsResponseData answer =
                answer(new DeleteTopicState(), named("a").setTopicId(new Uuid(5, 5)));

        assertThat(refusals(answer))
                .containsExactlyInAnyOrder(
                        "Neither topic name nor id were specified.",
                        "You may not specify both topic name and topic id.");
        assertThat(quorum.asked()).isEmpty();
    }

    @Test
    void whenNoControllerAnswersEveryTopicSaysSo() {
        quorum.failOn(DeleteTopicsRequestData.class, new TimeoutException("no controller"));

        DeleteTopicsResponseData answer = answer(named("a"), identified(new Uuid(5, 5)));

        assertThat(answer.responses())
                .hasSize(2)
                .allMatch(result -> result.errorCode() == Errors.REQUEST_TIMED_OUT.code());
    }

    private DeleteTopicsResponseData answer(DeleteTopicState... topics) {
        return FakeExchange.of(new DeleteTopicsRequestData().setTopics(List.of(topics)))
                .answerOf(handler, DeleteTopicsResponseData.class);
    }

    private static Stream<String> refusals(DeleteTopicsResponseData answer) {
        return answer.responses().stream()
                .filter(result -> result.errorCode() == Errors.INVALID_REQUEST.code())
                .map(DeletableTopicResult::errorMessage);
    }

    private static DeleteTopicState named(String name) {
        return new DeleteTopicState().setName(name);
    }

    private static DeleteTopicState identified(Uuid id) {
        return new DeleteTopicState().setTopicId(id);
    }

    private static DeleteTopicsResponseData deleted(DeleteTopicsRequestData request) {
        DeleteTopicsResponseData answer = new DeleteTopicsResponseData();
        for (DeleteTopicState topic : request.topics()) {
            answer.responses()
                    .add(
                            new DeletableTopicResult()
                                    .setName(topic.name())
                                    .setTopicId(topic.topicId()));
        }
        return answer;
    }
}
