package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.Origin;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where the epochs of leaders ended (KIP-101, KIP-320). */
class OffsetForLeaderEpochHandlerTest extends RecordsFixture {
    private static final int NO_EPOCH = -1;
    private static final long NO_OFFSET = -1;

    /** Two records of epoch 0 and three of epoch 4. */
    @BeforeEach
    void write() {
        append(0, "a", "b");
        append(4, "c", "d", "e");
    }

    static Stream<Integer> versions() {
        ApiKeys key = ApiKeys.OFFSET_FOR_LEADER_EPOCH;
        return IntStream.rangeClosed(key.oldestVersion(), key.latestVersion(false)).boxed();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void anEpochEndsWhereTheNextOneBegins(int version) {
        EpochEndOffset end = ask(asking("orders", 0, 0), version);

        assertThat(end.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(end.leaderEpoch()).isZero();
        assertThat(end.endOffset()).isEqualTo(2);
    }

    @Test
    void anEpochNobodyWroteInEndsWithTheOneBeforeIt() {
        EpochEndOffset end = ask(asking("orders", 0, 3), 4);

        assertThat(end.leaderEpoch()).isZero();
        assertThat(end.endOffset()).isEqualTo(2);
    }

    @Test
    void anEpochFromTheFutureHasNoEnd() {
        EpochEndOffset end = ask(asking("orders", 0, 9), 4);

        assertThat(end.leaderEpoch()).isEqualTo(NO_EPOCH);
        assertThat(end.endOffset()).isEqualTo(NO_OFFSET);
    }

    @Test
    void aReaderWithAnotherEpochThanTheLeadersIsToldSo() {
        EpochEndOffset ahead = ask(asking("orders", 0, 0, 9), 4);

        assertThat(ahead.errorCode()).isEqualTo(Errors.UNKNOWN_LEADER_EPOCH.code());
        assertThat(ahead.endOffset()).isEqualTo(NO_OFFSET);
    }

    @Test
    void whatIsNotHereIsSaidToBeUnknown() {
        assertThat(ask(asking("orders", 7, 0), 4).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(ask(asking("nothing", 0, 0), 4).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    private void append(int epoch, String... values) {
        MemoryRecords batch =
                MemoryRecords.withRecords(Compression.NONE, TestRecords.records(values));
        records.partition(0).log().appendAsLeader(batch.buffer(), epoch, Origin.CLIENT);
    }

    private static OffsetForLeaderTopic asking(String topic, int partition, int epoch) {
        return asking(topic, partition, epoch, NO_EPOCH);
    }

    private static OffsetForLeaderTopic asking(
            String topic, int partition, int epoch, int leadersEpoch) {
        return new OffsetForLeaderTopic()
                .setTopic(topic)
                .setPartitions(
                        List.of(
                                new OffsetForLeaderPartition()
                                        .setPartition(partition)
                                        .setLeaderEpoch(epoch)
                                        .setCurrentLeaderEpoch(leadersEpoch)));
    }

    private EpochEndOffset ask(OffsetForLeaderTopic topic, int version) {
        OffsetForLeaderEpochRequestData request = new OffsetForLeaderEpochRequestData();
        request.topics().add(topic);
        return FakeExchange.of(request, version)
                .answerOf(
                        new OffsetForLeaderEpochHandler(records.replicas(), Runnable::run),
                        OffsetForLeaderEpochResponseData.class)
                .topics()
                .find(topic.topic())
                .partitions()
                .getFirst();
    }
}
