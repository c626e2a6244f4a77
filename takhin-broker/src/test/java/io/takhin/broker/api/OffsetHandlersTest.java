package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Commit, fetch and delete of offsets, over all versions. */
class OffsetHandlersTest {
    private static final int BY_ID = 10;
    private static final Uuid NOBODY = new Uuid(9, 9);

    private final TestCluster cluster = new TestCluster().broker(1).topic("orders", 2);
    private final TestGroups groups = new TestGroups();
    private final OffsetCommitHandler commit =
            new OffsetCommitHandler(cluster::view, groups.coordination());
    private final OffsetFetchHandler fetch =
            new OffsetFetchHandler(cluster::view, groups.coordination());
    private final OffsetDeleteHandler delete =
            new OffsetDeleteHandler(cluster::view, groups.coordination());

    @BeforeEach
    void serve() {
        groups.serve(cluster.view());
    }

    @AfterEach
    void stop() {
        groups.close();
    }

    static Stream<Integer> commitVersions() {
        return versions(ApiKeys.OFFSET_COMMIT);
    }

    static Stream<Integer> fetchVersions() {
        return versions(ApiKeys.OFFSET_FETCH);
    }

    private static Stream<Integer> versions(ApiKeys key) {
        return IntStream.rangeClosed(key.oldestVersion(), key.latestVersion(false)).boxed();
    }

    @ParameterizedTest
    @MethodSource("commitVersions")
    void everyVersionCommits(int version) {
        OffsetCommitResponseData answer = commit(version, "orders", 0, 1);

        assertThat(errors(answer)).containsExactly(Errors.NONE, Errors.NONE);
        assertThat(fetched(9, "orders")).isEqualTo(42);
    }

    @ParameterizedTest
    @MethodSource("fetchVersions")
    void everyVersionFetches(int version) {
        commit(9, "orders", 0);

        assertThat(fetched(version, "orders")).isEqualTo(42);
    }

    @ParameterizedTest
    @MethodSource("commitVersions")
    void anUnknownPartitionIsRefusedAndTheOthersAreCommitted(int version) {
        OffsetCommitResponseData answer = commit(version, "orders", 0, 2, -1);

        assertThat(errors(answer))
                .containsExactlyInAnyOrder(
                        Errors.NONE,
                        Errors.UNKNOWN_TOPIC_OR_PARTITION,
                        Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(fetched(9, "orders")).isEqualTo(42);
    }

    @ParameterizedTest
    @MethodSource("commitVersions")
    void anUnknownTopicIsRefused(int version) {
        OffsetCommitResponseData answer = commit(version, "nothing", 0);

        assertThat(errors(answer))
                .containsExactly(
                        version < BY_ID
                                ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                                : Errors.UNKNOWN_TOPIC_ID);
    }

    @Test
    void aFetchByIdOfAnUnknownTopicSaysSo() {
        OffsetFetchResponseData answer = fetch(BY_ID, "nothing");

        var partition = answer.groups().getFirst().topics().getFirst().partitions().getFirst();
        assertThat(Errors.forCode(partition.errorCode())).isEqualTo(Errors.UNKNOWN_TOPIC_ID);
        assertThat(partition.committedOffset()).isEqualTo(-1);
    }

    @Test
    void aFetchWithoutTopicsBringsAllOfThemWithTheirIds() {
        commit(9, "orders", 0, 1);

        OffsetFetchResponseTopics topic = all(BY_ID).groups().getFirst().topics().getFirst();

        assertThat(topic.topicId()).isEqualTo(cluster.topicId("orders"));
        assertThat(topic.partitions()).hasSize(2);
    }

    @Test
    void aFetchByIdLeavesOutTopicsThatWereDeleted() {
        commit(9, "orders", 0);
        cluster.withoutTopic("orders");

        assertThat(all(9).groups().getFirst().topics()).hasSize(1);
        assertThat(all(BY_ID).groups().getFirst().topics()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("commitVersions")
    void anOffsetIsNotThatOfALaterTopicOfTheSameName(int version) {
        commit(version, "orders", 0);
        cluster.withoutTopic("orders")
                .topic("orders", Uuid.randomUuid(), List.of(TestCluster.led(0)));

        assertThat(fetched(BY_ID, "orders")).isEqualTo(-1);
    }

    @Test
    void severalGroupsAreFetchedAtOnce() {
        commit(9, "orders", 0);
        OffsetFetchRequestData request =
                new OffsetFetchRequestData()
                        .setGroups(
                                List.of(wanted(9, "orders"), wanted(9, "orders").setGroupId("h")));

        OffsetFetchResponseData answer =
                FakeExchange.of(request, 9).answerOf(fetch, OffsetFetchResponseData.class);

        assertThat(answer.groups())
                .extracting(
                        group -> group.groupId(),
                        group ->
                                group.topics().getFirst().partitions().getFirst().committedOffset())
                .containsExactly(tuple("g", 42L), tuple("h", -1L));
    }

    @Test
    void anOffsetIsDeletedAndAnUnknownTopicIsNot() { // S62
        commit(9, "orders", 0);
        OffsetDeleteRequestTopicCollection topics = new OffsetDeleteRequestTopicCollection();
        Stream.of("orders", "nothing")
                .forEach(name ->
                        topics.add(
                                new OffsetDeleteRequestTopic()
                                        .setName(name)
                                        .setPartitions(
                                                List.of(
                                                        new OffsetDeleteRequestPartition()
                                                                .setPartitionIndex(0)))));

        OffsetDeleteResponseData answer =
                FakeExchange.of(new OffsetDeleteRequestData().setGroupId("g").setTopics(topics))
                        .answerOf(delete, OffsetDeleteResponseData.class);

        assertThat(answer.topics().find("orders").partitions().find(0).errorCode()).isZero();
        assertThat(answer.topics().find("nothing").partitions().find(0).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(fetched(9, "orders")).isEqualTo(-1);
    }

    @Test
    void theOffsetOfAPartitionThatDoesNotExistCannotBeDeleted() {
        OffsetDeleteRequestTopicCollection topics = new OffsetDeleteRequestTopicCollection();
        topics.add(
                new OffsetDeleteRequestTopic()
                        .setName("orders")
                        .setPartitions(
                                List.of(
                                        new OffsetDeleteRequestPartition().setPartitionIndex(0),
                                        new OffsetDeleteRequestPartition().setPartitionIndex(2))));
        commit(9, "orders", 0);

        OffsetDeleteResponseData answer =
                FakeExchange.of(new OffsetDeleteRequestData().setGroupId("g").setTopics(topics))
                        .answerOf(delete, OffsetDeleteResponseData.class);

        var partitions = answer.topics().find("orders").partitions();
        assertThat(partitions.find(0).errorCode()).isZero();
        assertThat(partitions.find(2).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @ParameterizedTest
    @MethodSource("fetchVersions")
    void beforeGroupsAreServedAFetchIsRefusedInTheShapeOfItsVersion(int version) {
        try (TestGroups early = new TestGroups()) {
            OffsetFetchHandler handler =
                    new OffsetFetchHandler(cluster::view, early.coordination());

            OffsetFetchResponseData answer =
                    FakeExchange.of(fetchRequest(version, "orders"), version)
                            .answerOf(handler, OffsetFetchResponseData.class);

            assertThat(firstError(version, answer)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        }
    }

    private static Errors firstError(int version, OffsetFetchResponseData answer) {
        if (version >= 8) {
            return Errors.forCode(answer.groups().getFirst().errorCode());
        }
        return Errors.forCode(
                version >= 2
                        ? answer.errorCode()
                        : answer.topics().getFirst().partitions().getFirst().errorCode());
    }

    private OffsetCommitResponseData commit(int version, String topic, int... partitions) {
        OffsetCommitRequestTopic wanted =
                new OffsetCommitRequestTopic()
                        .setPartitions(
                                IntStream.of(partitions)
                                        .mapToObj(index ->
                                                new OffsetCommitRequestPartition()
                                                        .setPartitionIndex(index)
                                                        .setCommittedOffset(42))
                                        .toList());
        if (version < BY_ID) {
            wanted.setName(topic);
        } else {
            wanted.setTopicId(idOf(topic));
        }
        return FakeExchange.of(
                        new OffsetCommitRequestData().setGroupId("g").setTopics(List.of(wanted)),
                        version)
                .answerOf(commit, OffsetCommitResponseData.class);
    }

    private static List<Errors> errors(OffsetCommitResponseData answer) {
        return answer.topics().stream()
                .flatMap(topic -> topic.partitions().stream())
                .map(partition -> Errors.forCode(partition.errorCode()))
                .toList();
    }

    private long fetched(int version, String topic) {
        OffsetFetchResponseData answer = fetch(version, topic);
        return version < 8
                ? answer.topics().getFirst().partitions().getFirst().committedOffset()
                : answer.groups()
                        .getFirst()
                        .topics()
                        .getFirst()
                        .partitions()
                        .getFirst()
                        .committedOffset();
    }

    private OffsetFetchResponseData fetch(int version, String topic) {
        return FakeExchange.of(fetchRequest(version, topic), version)
                .answerOf(fetch, OffsetFetchResponseData.class);
    }

    private OffsetFetchRequestData fetchRequest(int version, String topic) {
        if (version >= 8) {
            return new OffsetFetchRequestData().setGroups(List.of(wanted(version, topic)));
        }
        return new OffsetFetchRequestData()
                .setGroupId("g")
                .setTopics(
                        List.of(
                                new OffsetFetchRequestTopic()
                                        .setName(topic)
                                        .setPartitionIndexes(List.of(0))));
    }

    private OffsetFetchRequestGroup wanted(int version, String topic) {
        OffsetFetchRequestTopics wanted =
                new OffsetFetchRequestTopics().setPartitionIndexes(List.of(0));
        if (version < BY_ID) {
            wanted.setName(topic);
        } else {
            wanted.setTopicId(idOf(topic));
        }
        return new OffsetFetchRequestGroup().setGroupId("g").setTopics(List.of(wanted));
    }

    private OffsetFetchResponseData all(int version) {
        OffsetFetchRequestData request =
                new OffsetFetchRequestData()
                        .setGroups(
                                List.of(
                                        new OffsetFetchRequestGroup()
                                                .setGroupId("g")
                                                .setTopics(null)));
        return FakeExchange.of(request, version).answerOf(fetch, OffsetFetchResponseData.class);
    }

    private Uuid idOf(String topic) {
        return topic.equals("orders") ? cluster.topicId("orders") : NOBODY;
    }
}
