package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import java.util.List;
import org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitionsCollection;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData.FeatureUpdateKey;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Requests whose answer is the controller's. */
class ControllerHandlersTest {
    private static final short TIMED_OUT = Errors.REQUEST_TIMED_OUT.code();

    private final TestCluster cluster = new TestCluster().broker(1).broker(2).topic("orders", 2);
    private final FakeQuorum quorum = new FakeQuorum();
    private final Controller controller = new Controller(quorum, new ManualClock(0));

    @Test
    void theQuorumIsDescribedInTheClientsVersion() {
        quorum.on(
                DescribeQuorumRequestData.class,
                _ -> new DescribeQuorumResponseData().setErrorMessage("as is"));
        DescribeQuorumHandler handler = new DescribeQuorumHandler(controller);

        for (int version = 0; version <= 2; version++) {
            DescribeQuorumResponseData answer =
                    FakeExchange.of(new DescribeQuorumRequestData(), version)
                            .answerOf(handler, DescribeQuorumResponseData.class);

            assertThat(answer.errorMessage()).isEqualTo("as is");
            assertThat(quorum.asked().get(version).version()).isEqualTo((short) version);
        }
    }

    @Test
    void withoutAControllerEveryAnswerSaysSo() {
        TimeoutException nobody = new TimeoutException("nobody");
        quorum.failOn(DescribeQuorumRequestData.class, nobody)
                .failOn(UnregisterBrokerRequestData.class, nobody)
                .failOn(ListPartitionReassignmentsRequestData.class, nobody)
                .failOn(UpdateFeaturesRequestData.class, nobody)
                .failOn(AlterPartitionReassignmentsRequestData.class, nobody);

        assertThat(
                        FakeExchange.of(new DescribeQuorumRequestData())
                                .answerOf(
                                        new DescribeQuorumHandler(controller),
                                        DescribeQuorumResponseData.class)
                                .errorCode())
                .isEqualTo(TIMED_OUT);
        assertThat(
                        FakeExchange.of(new UnregisterBrokerRequestData())
                                .answerOf(
                                        new UnregisterBrokerHandler(controller),
                                        UnregisterBrokerResponseData.class)
                                .errorCode())
                .isEqualTo(TIMED_OUT);
        assertThat(
                        FakeExchange.of(new ListPartitionReassignmentsRequestData())
                                .answerOf(
                                        new ListPartitionReassignmentsHandler(controller),
                                        ListPartitionReassignmentsResponseData.class)
                                .errorCode())
                .isEqualTo(TIMED_OUT);
        assertThat(
                        FakeExchange.of(new UpdateFeaturesRequestData())
                                .answerOf(
                                        new UpdateFeaturesHandler(controller),
                                        UpdateFeaturesResponseData.class)
                                .errorCode())
                .isEqualTo(TIMED_OUT);
        assertThat(reassign(partition(0, List.of(1))).errorCode()).isEqualTo(TIMED_OUT);
    }

    @Test
    void anOldWishForADowngradeBecomesASafeOne() {
        quorum.on(UpdateFeaturesRequestData.class, _ -> new UpdateFeaturesResponseData());
        UpdateFeaturesRequestData request = new UpdateFeaturesRequestData();
        request.featureUpdates()
                .mustAdd(
                        new FeatureUpdateKey()
                                .setFeature("group.version")
                                .setMaxVersionLevel((short) 0)
                                .setAllowDowngrade(true));

        FakeExchange.of(request, 0)
                .answerOf(new UpdateFeaturesHandler(controller), UpdateFeaturesResponseData.class);

        FakeQuorum.Asked asked = quorum.asked().getFirst();
        UpdateFeaturesRequestData question = (UpdateFeaturesRequestData) asked.request();
        assertThat(asked.version()).isEqualTo((short) 2);
        assertThat(question.featureUpdates().find("group.version").upgradeType())
                .isEqualTo(UpgradeType.SAFE_DOWNGRADE.code());
    }

    @Test
    void theFirstVersionOfAnElectionTellsErrorsWithThePartitions() {
        quorum.failOn(ElectLeadersRequestData.class, new TimeoutException("nobody"));
        TopicPartitionsCollection topics = new TopicPartitionsCollection();
        topics.mustAdd(new TopicPartitions().setTopic("orders").setPartitions(List.of(0, 1)));
        ElectLeadersRequestData request = new ElectLeadersRequestData().setTopicPartitions(topics);
        ElectLeadersHandler handler = new ElectLeadersHandler(controller);

        ElectLeadersResponseData old =
                FakeExchange.of(request, 0).answerOf(handler, ElectLeadersResponseData.class);
        ElectLeadersResponseData now =
                FakeExchange.of(request, 2).answerOf(handler, ElectLeadersResponseData.class);

        assertThat(old.errorCode()).isZero();
        assertThat(now.errorCode()).isEqualTo(TIMED_OUT);
        assertThat(old.replicaElectionResults().getFirst().partitionResult())
                .hasSize(2)
                .allMatch(result -> result.errorCode() == TIMED_OUT);
    }

    // S64
    @Test
    void aPartitionDoesNotMoveToAnotherBrokerYet() {
        AlterPartitionReassignmentsResponseData answer = reassign(partition(0, List.of(2)));

        assertThat(answer.responses().getFirst().partitions().getFirst().errorCode())
                .isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT.code());
        assertThat(answer.responses().getFirst().partitions().getFirst().errorMessage())
                .contains("not in this version");
        assertThat(quorum.asked()).isEmpty();
    }

    @Test
    void whatCanBeDoneIsDoneBesideWhatCannot() {
        quorum.on(
                AlterPartitionReassignmentsRequestData.class,
                _ -> new AlterPartitionReassignmentsResponseData());

        reassign(
                partition(0, List.of(2)),
                partition(1, List.of(1)),
                partition(0, null),
                partition(7, List.of(2)));

        assertThat(
                        quorum.asked(AlterPartitionReassignmentsRequestData.class)
                                .getFirst()
                                .topics()
                                .getFirst()
                                .partitions())
                .containsExactly(
                        partition(1, List.of(1)), partition(0, null), partition(7, List.of(2)));
    }

    private AlterPartitionReassignmentsResponseData reassign(ReassignablePartition... partitions) {
        AlterPartitionReassignmentsRequestData request =
                new AlterPartitionReassignmentsRequestData()
                        .setTopics(
                                List.of(
                                        new ReassignableTopic()
                                                .setName("orders")
                                                .setPartitions(List.of(partitions))));
        return FakeExchange.of(request)
                .answerOf(
                        new AlterPartitionReassignmentsHandler(controller, cluster::view),
                        AlterPartitionReassignmentsResponseData.class);
    }

    private static ReassignablePartition partition(int index, @Nullable List<Integer> replicas) {
        return new ReassignablePartition().setPartitionIndex(index).setReplicas(replicas);
    }
}
