package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.broker.topicconfig.FixedDefaults;
import io.takhin.broker.topicconfig.TopicConfigs;
import io.takhin.metadata.Quorum;
import io.takhin.testkit.ManualClock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.junit.jupiter.api.Test;

class AutoTopicCreationTest {
    private static final Quorum.Caller CALLER =
            new Quorum.Caller(KafkaPrincipal.ANONYMOUS, "client", "127.0.0.1");

    private final FixedDefaults defaults =
            new FixedDefaults().with("num.partitions", "3").with("default.replication.factor", "1");
    private final CompletableFuture<ApiMessage> controllersAnswer = new CompletableFuture<>();
    private final FakeQuorum quorum =
            new FakeQuorum().onAsync(CreateTopicsRequestData.class, _ -> controllersAnswer);
    private final AutoTopicCreation creation =
            new AutoTopicCreation(
                    new TopicCreation(
                            new Controller(quorum, new ManualClock(0)),
                            new TestCluster().broker(1)::view,
                            defaults,
                            new TopicConfigs(defaults, 1)));

    // S10
    @Test
    void aTopicIsCreatedWithTheBrokersDefaults() {
        CompletableFuture<Map<String, Errors>> answer = creation.create(List.of("new"), CALLER);
        assertThat(answer).isNotDone();

        controllersAnswer.complete(answer("new", Errors.NONE));

        assertThat(answer.join()).isEqualTo(Map.of("new", Errors.NONE));
        CreatableTopic asked =
                quorum.asked(CreateTopicsRequestData.class).getFirst().topics().find("new");
        assertThat(asked.numPartitions()).isEqualTo(3);
    }

    @Test
    void manyClientsOfOneNewTopicAskTheControllerOnce() {
        CompletableFuture<Map<String, Errors>> first = creation.create(List.of("new"), CALLER);
        CompletableFuture<Map<String, Errors>> second = creation.create(List.of("new"), CALLER);

        controllersAnswer.complete(answer("new", Errors.NONE));

        assertThat(quorum.asked()).hasSize(1);
        assertThat(first.join()).isEqualTo(second.join());
    }

    @Test
    void thatAnotherBrokerWasFasterIsNoError() {
        controllersAnswer.complete(answer("new", Errors.TOPIC_ALREADY_EXISTS));

        assertThat(creation.create(List.of("new"), CALLER).join())
                .containsEntry("new", Errors.NONE);
    }

    @Test
    void afterAFailureTheNextClientTriesAgain() {
        controllersAnswer.complete(answer("new", Errors.REQUEST_TIMED_OUT));

        assertThat(creation.create(List.of("new"), CALLER).join())
                .containsEntry("new", Errors.REQUEST_TIMED_OUT);
        creation.create(List.of("new"), CALLER).join();

        assertThat(quorum.asked()).hasSize(2);
    }

    @Test
    void badNamesAndTheCoordinatorsTopicsAreNotCreated() {
        Map<String, Errors> answer =
                creation.create(
                                List.of("not a name", "__consumer_offsets", "__cluster_metadata"),
                                CALLER)
                        .join();

        assertThat(answer)
                .isEqualTo(
                        Map.of(
                                "not a name", Errors.INVALID_TOPIC_EXCEPTION,
                                "__consumer_offsets", Errors.UNKNOWN_TOPIC_OR_PARTITION,
                                "__cluster_metadata", Errors.UNKNOWN_TOPIC_OR_PARTITION));
        assertThat(quorum.asked()).isEmpty();
    }

    private static CreateTopicsResponseData answer(String name, Errors error) {
        CreateTopicsResponseData answer = new CreateTopicsResponseData();
        answer.topics().add(new CreatableTopicResult().setName(name).setErrorCode(error.code()));
        return answer;
    }
}
