package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When the leader of a classic group is told that it leads (ADR 58). */
class JoinGroupHandlerTest {
    private static final Duration JUST_OPENED = Duration.ofMillis(20);

    private final TestCluster cluster = new TestCluster().broker(1).topic("orders", 2);
    private final TestGroups groups = new TestGroups();
    private final JoinGroupHandler join = new JoinGroupHandler(groups.coordination());

    @BeforeEach
    void serve() {
        groups.serve(cluster.view());
    }

    @AfterEach
    void stop() {
        groups.close();
    }

    @ParameterizedTest // S67
    @ValueSource(strings = {"", "kafka-python"})
    void aNewClientIsGivenTimeToKnowItsTopicsBeforeItLeads(String software) throws Exception {
        FakeExchange exchange = joining(software, JUST_OPENED);

        join.handle(exchange);
        exchange.awaitDeadline();
        boolean early = exchange.answered();
        exchange.letTimePass();

        assertThat(early).isFalse();
        JoinGroupResponseData joined = exchange.answer(JoinGroupResponseData.class);
        assertThat(joined.leader()).isEqualTo(joined.memberId());
    }

    @ParameterizedTest // S67
    @ValueSource(strings = {"apache-kafka-java", "librdkafka", "confluent-kafka-python"})
    void aClientThatLooksItsTopicsUpOnceItLeadsIsToldAtOnce(String software) {
        JoinGroupResponseData joined =
                joining(software, JUST_OPENED).answerOf(join, JoinGroupResponseData.class);

        assertThat(joined.leader()).isEqualTo(joined.memberId());
    }

    @Test
    void aClientThatHasBeenHereIsToldAtOnce() {
        JoinGroupResponseData joined =
                joining("", Duration.ofSeconds(11)).answerOf(join, JoinGroupResponseData.class);

        assertThat(joined.leader()).isEqualTo(joined.memberId());
    }

    @Test
    void aNewClientIsToldAtOnceWhatItIsRefused() {
        FakeExchange stranger =
                FakeExchange.of(request().setMemberId("nobody-knows-me")).by("", JUST_OPENED);

        JoinGroupResponseData refused = stranger.answerOf(join, JoinGroupResponseData.class);

        assertThat(refused.errorCode()).isEqualTo(Errors.UNKNOWN_MEMBER_ID.code());
    }

    private static FakeExchange joining(String software, Duration openFor) {
        // Version 3 needs no second request for the member's id.
        return FakeExchange.of(request(), 3).by(software, openFor);
    }

    private static JoinGroupRequestData request() {
        JoinGroupRequestProtocolCollection protocols = new JoinGroupRequestProtocolCollection();
        ByteBuffer subscription =
                ConsumerProtocol.serializeSubscription(new Subscription(List.of("orders")));
        protocols.add(
                new JoinGroupRequestProtocol()
                        .setName("range")
                        .setMetadata(Utils.toArray(subscription)));
        return new JoinGroupRequestData()
                .setGroupId("g")
                .setProtocolType(ConsumerProtocol.PROTOCOL_TYPE)
                .setSessionTimeoutMs(10_000)
                .setRebalanceTimeoutMs(10_000)
                .setProtocols(protocols);
    }
}
