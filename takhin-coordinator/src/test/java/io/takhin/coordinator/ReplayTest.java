package io.takhin.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What groups are after a restart, and what a broker does when partitions come and go. */
class ReplayTest {
    private final MemoryLog log = new MemoryLog();
    private Groups groups = Groups.serving(log, Groups.SETTINGS, "orders", 4);

    @AfterEach
    void stop() {
        groups.close();
    }

    private void restart() {
        groups.close();
        groups = Groups.serving(log, Groups.SETTINGS, "orders", 4);
    }

    @Test
    void committedOffsetsSurviveARestart() { // S80
        new CommittedOffsets(groups, "g").commit("orders", 0, 42);

        restart();

        assertThat(new CommittedOffsets(groups, "g").fetch("orders")).isEqualTo(42);
    }

    @Test
    void anExpiredGroupLeavesTombstonesAndStaysGone() {
        new CommittedOffsets(groups, "old").commit("orders", 0, 42);
        groups.timer.advance(Duration.ofDays(6));
        new CommittedOffsets(groups, "young").commit("orders", 0, 43);
        groups.timer.advance(Duration.ofDays(1).plusMinutes(11));
        Await.until(
                "the offset has expired",
                () -> new CommittedOffsets(groups, "old").fetch("orders") == -1);

        restart();

        MemoryLog.Stored last = log.batches().getLast();
        assertThat(MemoryRecords.readableRecords(last.bytes()).records())
                .isNotEmpty()
                .noneMatch(Record::hasValue);
        assertThat(new CommittedOffsets(groups, "old").fetch("orders")).isEqualTo(-1);
        assertThat(new CommittedOffsets(groups, "young").fetch("orders")).isEqualTo(43);
    }

    @Test
    void membersSurviveARestart() { // S80
        Member alice = stable();

        restart();

        DescribedGroup group = describe();
        assertThat(group.groupState()).isEqualTo("Stable");
        assertThat(group.members())
                .singleElement()
                .satisfies(member -> assertThat(member.memberId()).isEqualTo(alice.id()));
    }

    @Test
    void groupsAreListedWithTheirStateAndType() { // S62
        stable();
        new CommittedOffsets(groups, "offsets-only").commit("orders", 0, 1);

        List<ListedGroup> listed =
                Groups.get(
                                groups.coordination.listGroups(
                                        Groups.context(ApiKeys.LIST_GROUPS),
                                        new ListGroupsRequestData()))
                        .groups();

        assertThat(listed)
                .extracting(ListedGroup::groupId, ListedGroup::groupState, ListedGroup::groupType)
                .containsExactlyInAnyOrder(
                        tuple("g", "Stable", "classic"), tuple("offsets-only", "Empty", "classic"));
    }

    @Test
    void writingGoesOnAtTheEndOfTheLogAfterARestart() {
        CommittedOffsets before = new CommittedOffsets(groups, "g");
        before.commit("orders", 0, 1);
        before.commit("orders", 0, 2);

        restart();
        Errors error = new CommittedOffsets(groups, "g").commit("orders", 0, 3);

        assertThat(error).isEqualTo(Errors.NONE);
        assertThat(groups.log.endOffset()).isEqualTo(3);
    }

    @Test
    void aLogThatWasCutAtItsFrontIsReplayedFromThere() {
        CommittedOffsets before = new CommittedOffsets(groups, "g");
        before.commit("orders", 0, 1);
        before.commit("orders", 1, 2);
        groups.log.cutBefore(1);

        restart();

        assertThat(new CommittedOffsets(groups, "g").fetch("orders")).isEqualTo(-1);
        assertThat(new CommittedOffsets(groups, "g").commit("orders", 0, 3)).isEqualTo(Errors.NONE);
    }

    @Test
    void aLogThatWasCutToNothingIsWrittenOnAtItsEnd() {
        new CommittedOffsets(groups, "g").commit("orders", 0, 1);
        groups.log.cutBefore(7);

        restart();
        Errors error = new CommittedOffsets(groups, "g").commit("orders", 0, 2);

        assertThat(error).isEqualTo(Errors.NONE);
        assertThat(groups.log.endOffset()).isEqualTo(8);
    }

    @Test
    void aLogThatEndsInATornBatchIsNotServed() {
        new CommittedOffsets(groups, "g").commit("orders", 0, 1);
        groups.close();
        groups = new Groups(log, Groups.SETTINGS);
        groups.createTopic("orders", 4);
        groups.log.tearTail(new byte[] {0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 99, 1});
        groups.log.claimEnd(2);

        groups.lead(1);

        Await.until(
                "loading has failed",
                () ->
                        new CommittedOffsets(groups, "g").commit("orders", 0, 2)
                                == Errors.NOT_COORDINATOR);
    }

    @Test
    void whoeverWaitsIsTurnedAwayWhenThePartitionGoes() {
        Member alice = stable();
        CompletableFuture<JoinGroupResponseData> waiting = new Member(groups, "g").join();

        groups.resign(2);

        assertThat(Groups.get(waiting).errorCode()).isEqualTo(Errors.NOT_COORDINATOR.code());
        assertThat(alice.heartbeat()).isEqualTo(Errors.NOT_COORDINATOR);
    }

    @Test
    void aPartitionThatComesBackServesWhatIsInItsLog() {
        new CommittedOffsets(groups, "g").commit("orders", 0, 42);
        groups.resign(2);
        Await.until("nobody listens", () -> log.listeners() == 0);
        Await.until("let go", () -> !groups.coordination.whenServed(0).isDone());

        groups.lead(3);
        groups.awaitLoaded();

        assertThat(new CommittedOffsets(groups, "g").fetch("orders")).isEqualTo(42);
        assertThat(new CommittedOffsets(groups, "g").commit("orders", 0, 43))
                .isEqualTo(Errors.NONE);
    }

    @Test
    void aPartitionIsServedOnceItIsReplayed() {
        CompletableFuture<Void> served = groups.coordination.whenServed(0);
        groups.resign(2);
        Await.until("let go", () -> !groups.coordination.whenServed(0).isDone());

        groups.lead(3);

        assertThat(served).isDone();
        assertThat(groups.coordination.whenServed(0)).succeedsWithin(Duration.ofSeconds(20));
    }

    @Test
    void aNewEpochOfTheSameLeaderIsServedFromItsOwnLog() {
        new CommittedOffsets(groups, "g").commit("orders", 0, 42);

        groups.lead(2);

        Await.until(
                "commits are answered again",
                () -> new CommittedOffsets(groups, "g").commit("orders", 0, 43) == Errors.NONE);
        assertThat(log.listeners()).isEqualTo(1);
    }

    @Test
    void nothingIsServedBeforeTheFirstImage() {
        try (Groups early = new Groups(new MemoryLog(), Groups.SETTINGS)) {
            early.lead(1);

            Errors error = new CommittedOffsets(early, "g").commit("orders", 0, 1);

            assertThat(error).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
            assertThat(early.coordination.partitionFor("g")).isEqualTo(OptionalInt.empty());
        }
    }

    @Test
    void theOffsetsTopicThatIsThereDecidesWhereAGroupLives() {
        try (Groups found = new Groups(new MemoryLog(), Groups.SETTINGS)) {
            found.createTopic("__consumer_offsets", 50);

            assertThat(found.coordination.partitionFor("g")).hasValue("g".hashCode() % 50);
        }
    }

    private Member stable() {
        Member member = new Member(groups, "g");
        member.joinNow();
        Groups.get(member.sync(Map.of(member.id(), "all")));
        return member;
    }

    private DescribedGroup describe() {
        return Groups.get(
                        groups.coordination.describeGroups(
                                Groups.context(ApiKeys.DESCRIBE_GROUPS), List.of("g")))
                .getFirst();
    }
}
