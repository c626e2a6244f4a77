package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.metadata.ClusterView;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class DescribeTopicPartitionsHandlerTest {
    private final TestCluster cluster =
            new TestCluster().broker(1).fencedBroker(2).topic("b", 3).topic("a", 4).topic("c", 1);
    private final DescribeTopicPartitionsHandler handler =
            new DescribeTopicPartitionsHandler(cluster::view);

    @Test
    void allTopicsComeInTheOrderOfTheirNames() {
        DescribeTopicPartitionsResponseData answer = answer(request(2000));

        assertThat(answer.topics())
                .extracting(DescribeTopicPartitionsResponseTopic::name)
                .containsExactly("a", "b", "c");
        assertThat(answer.topics().find("a").topicId()).isEqualTo(cluster.topicId("a"));
        assertThat(answer.nextCursor()).isNull();
    }

    @Test
    void pagesFollowOneAnotherUntilEverythingIsTold() {
        List<String> told = new ArrayList<>();
        DescribeTopicPartitionsRequestData request = request(3);
        int pages = 0;

        for (boolean more = true; more; pages++) {
            DescribeTopicPartitionsResponseData page = answer(request);
            for (DescribeTopicPartitionsResponseTopic topic : page.topics()) {
                topic.partitions().forEach(it -> told.add(topic.name() + it.partitionIndex()));
            }
            more = page.nextCursor() != null;
            if (more) {
                request = request(3).setCursor(requestCursor(page.nextCursor()));
            }
        }

        assertThat(told).containsExactly("a0", "a1", "a2", "a3", "b0", "b1", "b2", "c0");
        assertThat(pages).isEqualTo(3);
    }

    @Test
    void aPageThatEndsWithATopicPointsAtTheNext() {
        Cursor next = answer(request(4)).nextCursor();

        assertThat(next).isEqualTo(new Cursor().setTopicName("b").setPartitionIndex(0));
    }

    @Test
    void topicsAskedForByNameThatAreNotThereAreToldSo() {
        DescribeTopicPartitionsResponseData answer = answer(request(10, "c", "zz", "not a name"));

        assertThat(answer.topics().find("c").errorCode()).isZero();
        assertThat(answer.topics().find("zz").errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(answer.topics().find("not a name").errorCode())
                .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
    }

    @Test
    void aTopicThatWentBetweenTwoPagesIsPassedOver() {
        DescribeTopicPartitionsRequestData request =
                request(10)
                        .setCursor(
                                new DescribeTopicPartitionsRequestData.Cursor()
                                        .setTopicName("aa")
                                        .setPartitionIndex(2));

        assertThat(answer(request).topics())
                .extracting(DescribeTopicPartitionsResponseTopic::name)
                .containsExactly("b", "c");
    }

    @Test
    void aCursorThatMakesNoSenseIsRefused() {
        DescribeTopicPartitionsRequestData.Cursor elsewhere =
                new DescribeTopicPartitionsRequestData.Cursor().setTopicName("b");
        DescribeTopicPartitionsRequestData.Cursor negative =
                new DescribeTopicPartitionsRequestData.Cursor()
                        .setTopicName("a")
                        .setPartitionIndex(-1);

        assertThat(answer(request(10, "a").setCursor(elsewhere)).topics().find("a").errorCode())
                .isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(answer(request(10).setCursor(negative)).topics().find("a").errorCode())
                .isEqualTo(Errors.INVALID_REQUEST.code());
    }

    @Test
    void aFencedBrokerLeadsNothingAndIsOffline() {
        ClusterView.Partition partition =
                new ClusterView.Partition(
                        0,
                        2,
                        7,
                        0,
                        List.of(1, 2),
                        List.of(2),
                        List.of(1),
                        List.of(2),
                        List.of(),
                        List.of());
        cluster.topic("d", new Uuid(9, 9), List.of(partition));

        DescribeTopicPartitionsResponsePartition told =
                answer(request(10, "d")).topics().find("d").partitions().getFirst();

        assertThat(told.leaderId()).isEqualTo(-1);
        assertThat(told.leaderEpoch()).isEqualTo(7);
        assertThat(told.replicaNodes()).containsExactly(1, 2);
        assertThat(told.offlineReplicas()).containsExactly(2);
        assertThat(told.eligibleLeaderReplicas()).containsExactly(1);
        assertThat(told.lastKnownElr()).containsExactly(2);
    }

    private DescribeTopicPartitionsResponseData answer(DescribeTopicPartitionsRequestData request) {
        return FakeExchange.of(request)
                .answerOf(handler, DescribeTopicPartitionsResponseData.class);
    }

    private static DescribeTopicPartitionsRequestData.Cursor requestCursor(Cursor cursor) {
        return new DescribeTopicPartitionsRequestData.Cursor()
                .setTopicName(cursor.topicName())
                .setPartitionIndex(cursor.partitionIndex());
    }

    private static DescribeTopicPartitionsRequestData request(int limit, String... topics) {
        DescribeTopicPartitionsRequestData request =
                new DescribeTopicPartitionsRequestData().setResponsePartitionLimit(limit);
        for (String topic : topics) {
            request.topics().add(new TopicRequest().setName(topic));
        }
        return request;
    }
}
