package io.takhin.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResultCollection;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Committed offsets: written, read, dropped, and never answered before they are safe. */
class CommittedOffsetsTest {
    private final Groups groups = Groups.serving("orders", 4);
    private final CommittedOffsets offsets = new CommittedOffsets(groups, "g");

    @AfterEach
    void stop() {
        groups.close();
    }

    @Test
    void whatWasCommittedIsFetched() { // S67
        offsets.commit("orders", 0, 42);

        assertThat(offsets.fetch("orders")).isEqualTo(42);
    }

    @Test
    void aGroupNobodyKnowsHasNoOffsets() {
        assertThat(offsets.fetch("orders")).isEqualTo(-1);
    }

    @Test
    void aCommitIsAnsweredOnlyOnceItIsReplicated() {
        groups.log.holdReplication();
        CompletableFuture<OffsetCommitResponseData> commit = offsets.send("orders", 0, 42);
        Await.until("the commit is written", () -> groups.log.endOffset() == 1);

        boolean answeredEarly = commit.isDone();
        groups.log.replicate();

        assertThat(answeredEarly).isFalse();
        assertThat(CommittedOffsets.error(Groups.get(commit))).isEqualTo(Errors.NONE);
    }

    @Test
    void aStableFetchWaitsForTheCommitBeforeIt() {
        groups.log.holdReplication();
        CompletableFuture<OffsetCommitResponseData> commit = offsets.send("orders", 0, 42);
        Await.until("the commit is written", () -> groups.log.endOffset() == 1);
        CompletableFuture<OffsetFetchResponseGroup> stable = offsets.ask("orders", true);

        long before = offsets.fetch("orders");
        groups.log.replicate();

        assertThat(before).isEqualTo(-1);
        assertThat(commit).succeedsWithin(Duration.ofSeconds(20));
        assertThat(CommittedOffsets.offset(Groups.get(stable))).isEqualTo(42);
    }

    @Test
    void aCommitThatIsNotReplicatedInTimeSaysSo() {
        groups.log.holdReplication();
        CompletableFuture<OffsetCommitResponseData> commit = offsets.send("orders", 0, 42);
        Await.until("the commit is written", () -> groups.log.endOffset() == 1);

        groups.timer.advance(Duration.ofSeconds(6));

        assertThat(CommittedOffsets.error(Groups.get(commit)))
                .isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    }

    @Test
    void aFailedAppendLeavesNothingBehind() {
        offsets.commit("orders", 0, 42);
        groups.log.refuse(Errors.KAFKA_STORAGE_ERROR);

        Errors error = offsets.commit("orders", 0, 43);
        groups.log.refuse(null);

        assertThat(error).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(offsets.fetch("orders")).isEqualTo(42);
        assertThat(offsets.commit("orders", 0, 44)).isEqualTo(Errors.NONE);
    }

    @Test
    void commitMetadataHasABound() {
        OffsetCommitResponseData answer =
                Groups.get(offsets.send("orders", 0, 42, "x".repeat(5000)));

        assertThat(CommittedOffsets.error(answer)).isEqualTo(Errors.OFFSET_METADATA_TOO_LARGE);
    }

    @Test
    void theRecordsAreThoseKafkaReads() {
        offsets.commit("orders", 3, 42);

        MemoryLog.Stored stored = groups.log.batches().getFirst();
        var record = MemoryRecords.readableRecords(stored.bytes()).records().iterator().next();
        var decoded = new GroupCoordinatorRecordSerde().deserialize(record.key(), record.value());

        assertThat(decoded.key().toString()).contains("group='g'", "topic='orders'", "partition=3");
        assertThat(decoded.value().message().toString()).contains("offset=42");
    }

    @Test
    void aDeletedTopicTakesItsOffsetsAlong() {
        offsets.commit("orders", 0, 42);

        groups.deleteTopic("orders");

        Await.until("the offset is gone", () -> offsets.fetch("orders") == -1);
    }

    @Test
    void offsetsExpireAfterTheirRetention() {
        offsets.commit("orders", 0, 42);

        groups.timer.advance(Duration.ofDays(7));
        groups.timer.advance(Duration.ofMinutes(11));

        Await.until("the offset is gone", () -> offsets.fetch("orders") == -1);
    }

    @Test
    void oneOffsetOfAGroupCanBeDeleted() { // S62
        offsets.commit("orders", 0, 42);
        OffsetDeleteRequestTopicCollection topics = new OffsetDeleteRequestTopicCollection();
        topics.add(
                new OffsetDeleteRequestTopic()
                        .setName("orders")
                        .setPartitions(
                                List.of(new OffsetDeleteRequestPartition().setPartitionIndex(0))));

        var answer =
                Groups.get(
                        groups.coordination.deleteOffsets(
                                Groups.context(ApiKeys.OFFSET_DELETE),
                                new OffsetDeleteRequestData().setGroupId("g").setTopics(topics)));

        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
        assertThat(offsets.fetch("orders")).isEqualTo(-1);
    }

    @Test
    void aGroupWithoutMembersCanBeDeleted() { // S62
        offsets.commit("orders", 0, 42);

        DeletableGroupResultCollection answer =
                Groups.get(
                        groups.coordination.deleteGroups(
                                Groups.context(ApiKeys.DELETE_GROUPS), List.of("g", "nobody")));

        assertThat(answer.find("g").errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(answer.find("nobody").errorCode()).isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
        assertThat(offsets.fetch("orders")).isEqualTo(-1);
    }

    @Test
    void aFetchForAPartitionLedElsewhereFailsWithTheErrorClientsKnow() {
        groups.resign(2);

        Await.until(
                "the partition is let go",
                () -> catchThrowable(() -> offsets.ask("orders", false).join()) != null);
        Throwable error = catchThrowable(() -> offsets.ask("orders", false).join());

        assertThat(Errors.forException(error.getCause())).isEqualTo(Errors.NOT_COORDINATOR);
    }
}
