package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;

class FetchSessionsTest {
    private static final short BY_NAME = 12;
    private static final short BY_ID = 13;

    private final ManualClock clock = new ManualClock(0);
    private final FetchSessions sessions = new FetchSessions(clock);

    @Test
    void aRequestOutsideAnySessionKeepsNothing() {
        FetchSessions.Context context = sessions.open(request(0, -1, 0, 1), BY_NAME);

        assertThat(context.session().id()).isZero();
        assertThat(context.incremental()).isFalse();
        assertThat(sessions.count()).isZero();
    }

    @Test
    void aSessionRemembersWhatItsFirstRequestNamed() {
        int id = begin(0, 1, 2);

        FetchSessions.Context next = sessions.open(request(id, 1), BY_NAME);

        assertThat(next.error()).isEqualTo(Errors.NONE);
        assertThat(next.incremental()).isTrue();
        assertThat(indexes(next)).containsExactly(0, 1, 2);
    }

    @Test
    void laterRequestsAddMoveAndForgetPartitions() {
        int id = begin(0, 1);
        FetchRequestData change = request(id, 1, 2);
        change.topics().getFirst().partitions().getFirst().setFetchOffset(7);
        change.forgottenTopicsData()
                .add(new ForgottenTopic().setTopic("orders").setPartitions(List.of(0)));

        FetchSessions.Context next = sessions.open(change, BY_NAME);

        assertThat(indexes(next)).containsExactly(1, 2);
        assertThat(List.copyOf(next.session().targets()).get(1).wanted().fetchOffset())
                .isEqualTo(7);
    }

    @Test
    void anUnexpectedEpochIsRefused() {
        int id = begin(0);

        assertThat(sessions.open(request(id, 2), BY_NAME).error())
                .isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH);
    }

    @Test
    void anUnknownSessionIsRefused() {
        assertThat(sessions.open(request(4711, 1), BY_NAME).error())
                .isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
    }

    @Test
    void namesAndIdsDoNotMixInOneSession() {
        int id = begin(0);

        assertThat(sessions.open(request(id, 1), BY_ID).error())
                .isEqualTo(Errors.FETCH_SESSION_TOPIC_ID_ERROR);
    }

    @Test
    void theFinalEpochEndsTheSession() {
        int id = begin(0);

        sessions.open(request(id, -1, 0), BY_NAME);

        assertThat(sessions.count()).isZero();
    }

    @Test
    void whenAllSessionsAreInUseAClientGetsNoneAndAnIdleOneMakesRoom() {
        for (int i = 0; i < 1000; i++) {
            begin(0);
        }

        assertThat(begin(0)).isZero();
        clock.advance(Duration.ofMinutes(3));
        assertThat(begin(0)).isPositive();
        assertThat(sessions.count()).isEqualTo(1000);
    }

    @Test
    void onlyNewsIsWorthAnIncrementalAnswer() {
        FetchTarget target =
                new FetchTarget(
                        new FetchTarget.Key("orders", Uuid.ZERO_UUID, 0), new FetchPartition());
        PartitionData data =
                new PartitionData().setHighWatermark(5).setRecords(MemoryRecords.EMPTY);

        assertThat(target.isNews(data)).isTrue();
        target.told(data);
        assertThat(target.isNews(data)).isFalse();
        assertThat(target.isNews(data.duplicate().setHighWatermark(6))).isTrue();
        assertThat(target.isNews(data.duplicate().setLogStartOffset(1))).isTrue();
        assertThat(target.isNews(data.duplicate().setErrorCode((short) 1))).isTrue();
    }

    private int begin(int... partitions) {
        return sessions.open(request(0, 0, partitions), BY_NAME).session().id();
    }

    private static List<Integer> indexes(FetchSessions.Context context) {
        return context.session().targets().stream().map(t -> t.key().index()).toList();
    }

    private static FetchRequestData request(int sessionId, int epoch, int... partitions) {
        FetchRequestData request =
                new FetchRequestData().setSessionId(sessionId).setSessionEpoch(epoch);
        if (partitions.length > 0) {
            request.topics()
                    .add(
                            new FetchTopic()
                                    .setTopic("orders")
                                    .setPartitions(
                                            Arrays.stream(partitions)
                                                    .mapToObj(i ->
                                                            new FetchPartition().setPartition(i))
                                                    .toList()));
        }
        return request;
    }
}
