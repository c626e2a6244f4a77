package io.takhin.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData.TopicPartitions;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The group protocol of KIP-848: one heartbeat carries everything. */
class ConsumerProtocolTest {
    private final Groups groups = new Groups(new MemoryLog(), Groups.SETTINGS);
    private final Uuid orders = groups.createTopic("orders", 6);

    ConsumerProtocolTest() {
        groups.lead(1);
        groups.awaitLoaded();
    }

    @AfterEach
    void stop() {
        groups.close();
    }

    @Test
    void theFirstHeartbeatOfALoneMemberBringsAllPartitions() { // S67
        ConsumerGroupHeartbeatResponseData joined = join("alice");

        assertThat(Errors.forCode(joined.errorCode())).isEqualTo(Errors.NONE);
        assertThat(assigned(joined)).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void aSecondMemberGetsHalfOnceTheFirstHasLetGo() { // S67 S68
        ConsumerGroupHeartbeatResponseData alice = join("alice");
        groups.timer.advance(Duration.ofSeconds(2));
        ConsumerGroupHeartbeatResponseData bob = join("bob");

        ConsumerGroupHeartbeatResponseData revoke = beat("alice", alice.memberEpoch(), null);
        List<Integer> kept = assigned(revoke);
        ConsumerGroupHeartbeatResponseData done = beat("alice", revoke.memberEpoch(), kept);
        ConsumerGroupHeartbeatResponseData given = beat("bob", bob.memberEpoch(), null);

        assertThat(kept).hasSize(3);
        assertThat(Errors.forCode(done.errorCode())).isEqualTo(Errors.NONE);
        assertThat(assigned(given)).hasSize(3).doesNotContainAnyElementsOf(kept);
    }

    @Test
    void aMemberThatFallsSilentIsDroppedWhenItsSessionEnds() {
        ConsumerGroupHeartbeatResponseData alice = join("alice");

        groups.timer.advance(Duration.ofSeconds(46));

        Await.until(
                "the session ends",
                () ->
                        beat("alice", alice.memberEpoch(), null).errorCode()
                                == Errors.UNKNOWN_MEMBER_ID.code());
    }

    @Test
    void aSessionSetForOneGroupHoldsForThatGroup() {
        groups.configure("g", "consumer.session.timeout.ms", "50000");
        join("sync");
        ConsumerGroupHeartbeatResponseData alice = join("alice");

        groups.timer.advance(Duration.ofSeconds(46));

        assertThat(beat("alice", alice.memberEpoch(), null).errorCode())
                .isEqualTo(Errors.NONE.code());
    }

    @Test
    void aTopicThatComesLaterIsAssigned() {
        AtomicInteger epoch = new AtomicInteger(join("alice").memberEpoch());
        Uuid later = groups.createTopic("payments", 2);

        Await.until(
                "payments is assigned",
                () -> {
                    groups.timer.advance(Duration.ofSeconds(1));
                    ConsumerGroupHeartbeatResponseData answer = beat("alice", epoch.get(), null);
                    assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
                    epoch.set(answer.memberEpoch());
                    return answer.assignment() != null
                            && answer.assignment().topicPartitions().stream()
                                    .anyMatch(each -> each.topicId().equals(later));
                });
    }

    @Test
    void aGroupIsDescribedWithItsMembers() {
        join("alice");

        DescribedGroup group =
                Groups.get(
                                groups.coordination.describeConsumerGroups(
                                        Groups.context(ApiKeys.CONSUMER_GROUP_DESCRIBE),
                                        List.of("g")))
                        .getFirst();

        assertThat(group.groupState()).isEqualTo("Stable");
        assertThat(group.members()).singleElement().satisfies(this::isAlice);
    }

    private void isAlice(
            org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.Member member) {
        assertThat(member.memberId()).isEqualTo("alice");
        assertThat(member.clientId()).isEqualTo("test-client");
        assertThat(member.assignment().topicPartitions().getFirst().topicId()).isEqualTo(orders);
    }

    private ConsumerGroupHeartbeatResponseData join(String member) {
        return heartbeat(
                new ConsumerGroupHeartbeatRequestData()
                        .setMemberId(member)
                        .setMemberEpoch(0)
                        .setRebalanceTimeoutMs(30_000)
                        .setSubscribedTopicNames(List.of("orders", "payments"))
                        .setTopicPartitions(List.of()));
    }

    private ConsumerGroupHeartbeatResponseData beat(
            String member, int epoch, @Nullable List<Integer> owned) {
        return heartbeat(
                new ConsumerGroupHeartbeatRequestData()
                        .setMemberId(member)
                        .setMemberEpoch(epoch)
                        .setTopicPartitions(
                                owned == null
                                        ? null
                                        : List.of(
                                                new TopicPartitions()
                                                        .setTopicId(orders)
                                                        .setPartitions(owned))));
    }

    private ConsumerGroupHeartbeatResponseData heartbeat(
            ConsumerGroupHeartbeatRequestData request) {
        return Groups.get(
                groups.coordination.consumerGroupHeartbeat(
                        Groups.context(ApiKeys.CONSUMER_GROUP_HEARTBEAT), request.setGroupId("g")));
    }

    private static List<Integer> assigned(ConsumerGroupHeartbeatResponseData answer) {
        return answer.assignment().topicPartitions().stream()
                .flatMap(topic -> topic.partitions().stream())
                .sorted()
                .toList();
    }
}
