package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.metadata.ClusterView;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MetadataAnswerTest {
    private final TestCluster cluster = new TestCluster().broker(1).fencedBroker(2);

    @Test
    void onlyBrokersThatServeAreNamed() {
        MetadataResponseData answer = answer(new MetadataRequestData().setTopics(List.of()), 13);

        assertThat(answer.brokers()).hasSize(1);
        assertThat(answer.brokers().find(1).host()).isEqualTo("host-1");
        assertThat(answer.controllerId()).isEqualTo(1);
    }

    @Test
    void noListMeansAllTopicsAndAnEmptyOneMeansNone() {
        cluster.topic("a", 1).topic("b", 2);

        assertThat(answer(new MetadataRequestData().setTopics(null), 13).topics()).hasSize(2);
        assertThat(answer(new MetadataRequestData().setTopics(List.of()), 13).topics()).isEmpty();
        assertThat(answer(new MetadataRequestData().setTopics(List.of()), 0).topics()).hasSize(2);
    }

    @Test
    void aPartitionWithoutALeaderSaysSo() { // S65
        Uuid id = Uuid.randomUuid();
        cluster.topic(
                "a",
                id,
                List.of(
                        new ClusterView.Partition(
                                0,
                                2,
                                3,
                                0,
                                List.of(2),
                                List.of(2),
                                List.of(),
                                List.of(),
                                List.of(),
                                List.of())));

        MetadataResponseTopic topic = only(named("a"), 12);

        assertThat(topic.partitions().getFirst().errorCode())
                .isEqualTo(Errors.LEADER_NOT_AVAILABLE.code());
        assertThat(topic.partitions().getFirst().offlineReplicas()).containsExactly(2);
    }

    @Test
    void aTopicIsFoundByItsIdWhateverItsNameSays() {
        cluster.topic("a", 1);
        Uuid id = Objects.requireNonNull(cluster.view().topic("a")).id();

        for (@Nullable String name : new @Nullable String[] {null, ""}) {
            MetadataResponseTopic topic =
                    only(new MetadataRequestTopic().setName(name).setTopicId(id), 12);

            assertThat(topic.name()).isEqualTo("a");
            assertThat(topic.topicId()).isEqualTo(id);
        }
    }

    @Test
    void whatDoesNotExistIsNamedWithTheReason() {
        assertThat(only(named("nowhere"), 12).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(only(named("not a name"), 12).errorCode())
                .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
        assertThat(
                        only(
                                        new MetadataRequestTopic()
                                                .setName(null)
                                                .setTopicId(Uuid.randomUuid()),
                                        12)
                                .errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
    }

    @Test
    void aTopicWithoutNameAndIdIsNotTheOneCalledNull() {
        cluster.topic("null", 1);

        assertThat(only(new MetadataRequestTopic().setName(null), 12).errorCode())
                .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
    }

    @Test
    void versionsThatKnowNoTopicIdsRefuseThem() { // as KafkaApis does in versions 10 and 11
        List<MetadataRequestTopic> refused =
                List.of(
                        new MetadataRequestTopic().setName(null),
                        new MetadataRequestTopic().setName("a").setTopicId(Uuid.randomUuid()));

        for (MetadataRequestTopic topic : refused) {
            MetadataRequestData request = new MetadataRequestData().setTopics(List.of(topic));
            assertThatThrownBy(() -> MetadataAnswer.requireMeaning(request, (short) 11))
                    .isInstanceOf(InvalidRequestException.class);
        }
    }

    @Test
    void everyVersionCanCarryItsAnswer() {
        cluster.topic("a", 1);

        for (short version = 0; version <= 13; version++) {
            MetadataRequestData request = new MetadataRequestData().setTopics(List.of(named("a")));
            MessageUtil.toByteBufferAccessor(answer(request, version), version);
        }
    }

    private static MetadataRequestTopic named(String name) {
        return new MetadataRequestTopic().setName(name);
    }

    private MetadataResponseTopic only(MetadataRequestTopic topic, int version) {
        MetadataRequestData request = new MetadataRequestData().setTopics(List.of(topic));
        return answer(request, version).topics().iterator().next();
    }

    private MetadataResponseData answer(MetadataRequestData request, int version) {
        return new MetadataAnswer(cluster.view(), (short) version, Map.of()).to(request);
    }
}
