package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Produce and Fetch in every version, as clients of all ages send them. */
class RecordVersionsTest extends RecordsFixture {
    /** From this version on, both name topics by their ids (KIP-516). */
    private static final int TOPIC_IDS_SINCE = 13;

    static Stream<Integer> produceVersions() {
        return versions(ApiKeys.PRODUCE);
    }

    static Stream<Integer> fetchVersions() {
        return versions(ApiKeys.FETCH);
    }

    private static Stream<Integer> versions(ApiKeys key) {
        return IntStream.rangeClosed(key.oldestVersion(), key.latestVersion(false)).boxed();
    }

    @ParameterizedTest
    @MethodSource("produceVersions")
    void recordsAreTakenInEveryVersion(int version) {
        PartitionProduceResponse first = produced(version);
        PartitionProduceResponse second = produced(version);

        assertThat(Errors.forCode(first.errorCode())).isEqualTo(Errors.NONE);
        assertThat(first.baseOffset()).isZero();
        assertThat(second.baseOffset()).isEqualTo(2);
        assertThat(records.partition(0).log().logEndOffset()).isEqualTo(4);
    }

    @ParameterizedTest
    @MethodSource("fetchVersions")
    void recordsAreGivenBackInEveryVersion(int version) throws IOException {
        produced(12);

        PartitionData found =
                FakeExchange.of(fetch(version), version)
                        .answerOf(
                                new FetchHandler(
                                        records.replicas(), new FetchSessions(Clock.SYSTEM)),
                                FetchResponseData.class)
                        .responses()
                        .getFirst()
                        .partitions()
                        .getFirst();

        assertThat(found.highWatermark()).isEqualTo(2);
        assertThat(values(found)).containsExactly("a", "b");
    }

    private PartitionProduceResponse produced(int version) {
        MemoryRecords batch =
                MemoryRecords.withRecords(Compression.NONE, TestRecords.records("a", "b"));
        TopicProduceData topic =
                new TopicProduceData()
                        .setPartitionData(
                                List.of(new PartitionProduceData().setIndex(0).setRecords(batch)));
        if (version < TOPIC_IDS_SINCE) {
            topic.setName("orders");
        } else {
            topic.setTopicId(records.topicId());
        }
        ProduceRequestData request =
                new ProduceRequestData().setAcks((short) -1).setTimeoutMs(10_000);
        request.topicData().add(topic);
        return FakeExchange.of(request, version)
                .answerOf(
                        new ProduceHandler(records.replicas(), Clock.SYSTEM),
                        ProduceResponseData.class)
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .getFirst();
    }

    private FetchRequestData fetch(int version) {
        FetchTopic topic =
                new FetchTopic()
                        .setPartitions(
                                List.of(
                                        new FetchPartition()
                                                .setPartition(0)
                                                .setFetchOffset(0)
                                                .setPartitionMaxBytes(1 << 20)));
        if (version < TOPIC_IDS_SINCE) {
            topic.setTopic("orders");
        } else {
            topic.setTopicId(records.topicId());
        }
        FetchRequestData request = new FetchRequestData().setMinBytes(1).setMaxBytes(1 << 20);
        request.topics().add(topic);
        return request;
    }

    private static List<String> values(PartitionData data) throws IOException {
        return StreamSupport.stream(TestRecords.recordsOf(data).records().spliterator(), false)
                .map(record -> Utils.utf8(record.value()))
                .toList();
    }
}
