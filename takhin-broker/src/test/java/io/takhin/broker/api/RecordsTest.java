package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.log.LogConfig;
import io.takhin.log.LogDirectory;
import io.takhin.log.LogDirectorySettings;
import io.takhin.log.PartitionLog;
import io.takhin.metadata.ClusterView;
import io.takhin.metadata.MetadataListener.Change;
import io.takhin.replication.HostedPartitions;
import io.takhin.replication.Partition;
import io.takhin.replication.ReplicaConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Produce, Fetch and what looks at the same records, on real logs. */
class RecordsTest {
    private static final short ALL = -1;
    private static final short LEADER = 1;
    private static final short NONE = 0;

    private final ClusterView view =
            new TestCluster()
                    .broker(1)
                    .topic("orders", 2)
                    .topic("elsewhere", Uuid.randomUuid(), away())
                    .view();
    private LogDirectory directory;
    private HostedPartitions hosted;
    private ProduceHandler produce;
    private FetchHandler fetch;
    private ReplicaLookup replicas;

    /** A partition that broker 2 leads. */
    private static List<ClusterView.Partition> away() {
        return List.of(
                new ClusterView.Partition(
                        0,
                        2,
                        7,
                        0,
                        List.of(2),
                        List.of(2),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of()));
    }

    @BeforeEach
    void open(@TempDir Path root) throws IOException {
        LogDirectorySettings settings =
                new LogDirectorySettings(
                        TestRecords.CONFIG, Duration.ofDays(1), Duration.ofSeconds(5), 1);
        directory = LogDirectory.open(root, settings, Clock.SYSTEM);
        hosted =
                new HostedPartitions(
                        1,
                        directory,
                        (topic, now) -> new ReplicaConfig(TestRecords.CONFIG, 1),
                        Clock.SYSTEM);
        Set<Uuid> topics = Set.copyOf(view.topics().stream().map(ClusterView.Topic::id).toList());
        hosted.onChange(new Change(topics, Set.of(), Set.of(), false, false), view);
        replicas = new ReplicaLookup(() -> view, hosted);
        produce = new ProduceHandler(replicas, Clock.SYSTEM);
        fetch = new FetchHandler(replicas, new FetchSessions(Clock.SYSTEM));
    }

    @AfterEach
    void close() {
        directory.close();
    }

    @Test
    void whatIsProducedWithAcksAllIsOnDiskWhenItIsAnswered() {
        PartitionProduceResponse answer = produced("orders", 0, ALL, batch("a", "b"));

        assertThat(answer.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(answer.baseOffset()).isZero();
        assertThat(log().durableEndOffset()).isEqualTo(2);
    }

    @Test
    void recordsComeBackAsTheyWere() throws IOException {
        produced("orders", 0, ALL, batch("a", "b"));
        produced("orders", 0, LEADER, batch("c"));

        assertThat(values(fetched(0))).containsExactly("a", "b", "c");
        assertThat(values(fetched(2))).containsExactly("c");
    }

    @Test
    void recordsOfAcksOneAreVisibleAtOnce() throws IOException {
        produced("orders", 0, LEADER, batch("a"));

        assertThat(values(fetched(0))).containsExactly("a");
    }

    @Test
    void acksZeroIsNotAnswered() throws IOException {
        FakeExchange exchange = FakeExchange.of(request("orders", 0, NONE, batch("a")), 12);

        produce.handle(exchange);

        assertThat(exchange.end()).isEqualTo("nothing");
        assertThat(values(fetched(0))).containsExactly("a");
    }

    @Test
    void acksZeroThatFailsClosesTheConnection() {
        FakeExchange exchange = FakeExchange.of(request("nowhere", 0, NONE, batch("a")), 12);

        produce.handle(exchange);

        assertThat(exchange.end()).contains("acks=0");
    }

    @Test
    void batchesAreCompressedAsTheirTopicWantsFromTheMomentItDoes() throws IOException {
        produced("orders", 0, ALL, batch("as sent"));

        log().reconfigure(compressedBy(Compression.zstd().build()));
        PartitionProduceResponse answer = produced("orders", 0, ALL, batch("anew", "too"));

        assertThat(answer.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(answer.baseOffset()).isEqualTo(1);
        assertThat(log().durableEndOffset()).isEqualTo(3);
        assertThat(values(fetched(0))).containsExactly("as sent", "anew", "too");
        assertThat(codecs(fetched(0))).containsExactly("none", "zstd");
    }

    @Test
    void acksZeroIsDoneWhenItsBatchIsCompressedAnew() throws IOException {
        log().reconfigure(compressedBy(Compression.zstd().build()));
        FakeExchange exchange = FakeExchange.of(request("orders", 0, NONE, batch("a")), 12);

        produce.handle(exchange);

        assertThat(exchange.awaitEnd()).isEqualTo("nothing");
        assertThat(values(fetched(0))).containsExactly("a");
    }

    @Test
    void whatCannotBeCompressedAnewIsRefused() {
        log().reconfigure(compressedBy(Compression.zstd().build()));
        MemoryRecords damaged = batch("a");
        damaged.buffer().put(damaged.sizeInBytes() - 1, (byte) 0x55);

        assertThat(produced("orders", 0, ALL, damaged).errorCode())
                .isEqualTo(Errors.CORRUPT_MESSAGE.code());
    }

    private static LogConfig compressedBy(Compression compression) {
        return TestRecords.CONFIG.with().compression(compression).build();
    }

    @Test
    void unknownTopicsAndPartitionsAreRefused() {
        assertThat(produced("nowhere", 0, ALL, batch("a")).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(produced("orders", 2, ALL, batch("a")).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @Test
    void aProducerIsToldWhoLeadsInstead() {
        FakeExchange exchange = FakeExchange.of(request("elsewhere", 0, ALL, batch("a")), 12);

        PartitionProduceResponse answer =
                only(exchange.answerOf(produce, ProduceResponseData.class));

        assertThat(answer.errorCode()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
        assertThat(answer.currentLeader().leaderId()).isEqualTo(2);
        assertThat(answer.currentLeader().leaderEpoch()).isEqualTo(7);
    }

    @Test
    void aWrongNumberOfAcksIsRefused() {
        assertThat(produced("orders", 0, (short) 2, batch("a")).errorCode())
                .isEqualTo(Errors.INVALID_REQUIRED_ACKS.code());
    }

    @Test
    void damagedRecordsAreRefusedAndNothingIsWritten() {
        MemoryRecords damaged = batch("a");
        damaged.buffer().put(damaged.sizeInBytes() - 1, (byte) 0x55);

        assertThat(produced("orders", 0, ALL, damaged).errorCode())
                .isEqualTo(Errors.CORRUPT_MESSAGE.code());
        assertThat(log().logEndOffset()).isZero();
    }

    @Test
    void aFetchThatFindsNothingWaitsForTheNextRecord() throws IOException {
        FakeExchange waiting = FakeExchange.of(fetchRequest(0, 500, 1), 12);
        fetch.handle(waiting);
        assertThat(waiting.answered()).isFalse();

        produced("orders", 0, LEADER, batch("a"));

        assertThat(values(only(waiting.answer(FetchResponseData.class)))).containsExactly("a");
    }

    @Test
    void aFetchWaitsUntilThereAreEnoughBytes() throws IOException { // S66
        FakeExchange waiting = FakeExchange.of(fetchRequest(0, 500, 1000), 12);
        fetch.handle(waiting);

        produced("orders", 0, LEADER, batch("small"));
        assertThat(waiting.answered()).isFalse();
        produced("orders", 0, LEADER, batch("x".repeat(1000)));

        assertThat(values(only(waiting.answer(FetchResponseData.class)))).hasSize(2);
    }

    @Test
    void aFetchWhoseTimeIsUpGetsWhatThereIs() {
        FakeExchange waiting = FakeExchange.of(fetchRequest(0, 500, 1), 12);
        fetch.handle(waiting);

        waiting.letTimePass();

        PartitionData data = only(waiting.answer(FetchResponseData.class));
        assertThat(data.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(data.records().sizeInBytes()).isZero();
    }

    @Test
    void anOffsetOutsideTheLogIsAnsweredAtOnce() {
        FakeExchange exchange = FakeExchange.of(fetchRequest(7, 500, 1), 12);

        PartitionData data = only(exchange.answerOf(fetch, FetchResponseData.class));

        assertThat(data.errorCode()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
    }

    @Test
    void deletedRecordsAreGoneAndTheStartIsListed() throws IOException {
        produced("orders", 0, ALL, batch("a", "b", "c"));
        DeleteRecordsRequestData request = new DeleteRecordsRequestData();
        request.topics()
                .add(
                        new DeleteRecordsTopic()
                                .setName("orders")
                                .setPartitions(
                                        List.of(
                                                new DeleteRecordsPartition()
                                                        .setPartitionIndex(0)
                                                        .setOffset(2))));

        DeleteRecordsResponseData answer =
                FakeExchange.of(request)
                        .answerOf(
                                new DeleteRecordsHandler(replicas, Runnable::run),
                                DeleteRecordsResponseData.class);

        assertThat(answer.topics().iterator().next().partitions().iterator().next().lowWatermark())
                .isEqualTo(2);
        assertThat(listed(ListOffsetsRequest.EARLIEST_TIMESTAMP)).isEqualTo(2);
        assertThat(fetched(0).errorCode()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
    }

    @Test
    void offsetsAreListedByTimestampAndByMark() {
        produced("orders", 0, ALL, batch("a", "b", "c"));

        assertThat(listed(ListOffsetsRequest.EARLIEST_TIMESTAMP)).isZero();
        assertThat(listed(ListOffsetsRequest.LATEST_TIMESTAMP)).isEqualTo(3);
        assertThat(listed(1001)).isEqualTo(1);
        assertThat(listed(ListOffsetsRequest.MAX_TIMESTAMP)).isEqualTo(2);
        assertThat(listed(9999)).isEqualTo(-1);
        assertThat(listed(ListOffsetsRequest.LATEST_TIERED_TIMESTAMP)).isEqualTo(-1);
    }

    @Test
    void everyVersionOfListOffsetsCanCarryItsAnswer() {
        produced("orders", 0, ALL, batch("a"));

        for (int version = 1; version <= 11; version++) {
            FakeExchange exchange = FakeExchange.of(listRequest(-1), version);
            exchange.answerOf(
                    new ListOffsetsHandler(replicas, Runnable::run), ListOffsetsResponseData.class);
        }
    }

    private PartitionLog log() {
        Partition partition = replicas.find(view.topic("orders"), 0);
        return Objects.requireNonNull(partition).log();
    }

    /** Records with the timestamps 1000, 1001 and so on. */
    private static MemoryRecords batch(String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = new SimpleRecord(1000L + i, values[i].getBytes(StandardCharsets.UTF_8));
        }
        return MemoryRecords.withRecords(Compression.NONE, records);
    }

    private PartitionProduceResponse produced(
            String topic, int partition, short acks, MemoryRecords records) {
        FakeExchange exchange = FakeExchange.of(request(topic, partition, acks, records), 12);
        return only(exchange.answerOf(produce, ProduceResponseData.class));
    }

    private static ProduceRequestData request(
            String topic, int partition, short acks, MemoryRecords records) {
        ProduceRequestData request = new ProduceRequestData().setAcks(acks).setTimeoutMs(10_000);
        request.topicData()
                .add(
                        new TopicProduceData()
                                .setName(topic)
                                .setPartitionData(
                                        List.of(
                                                new PartitionProduceData()
                                                        .setIndex(partition)
                                                        .setRecords(records))));
        return request;
    }

    private static PartitionProduceResponse only(ProduceResponseData response) {
        return response.responses().iterator().next().partitionResponses().getFirst();
    }

    private PartitionData fetched(long offset) {
        FakeExchange exchange = FakeExchange.of(fetchRequest(offset, 0, 1), 12);
        return only(exchange.answerOf(fetch, FetchResponseData.class));
    }

    private static FetchRequestData fetchRequest(long offset, int waitMillis, int bytesMin) {
        FetchRequestData request =
                new FetchRequestData().setMaxWaitMs(waitMillis).setMinBytes(bytesMin);
        request.topics()
                .add(
                        new FetchTopic()
                                .setTopic("orders")
                                .setPartitions(
                                        List.of(
                                                new FetchPartition()
                                                        .setPartition(0)
                                                        .setFetchOffset(offset)
                                                        .setPartitionMaxBytes(1 << 20))));
        return request;
    }

    private static PartitionData only(FetchResponseData response) {
        return response.responses().getFirst().partitions().getFirst();
    }

    private static List<String> codecs(PartitionData data) throws IOException {
        return StreamSupport.stream(TestRecords.recordsOf(data).batches().spliterator(), false)
                .map(batch -> batch.compressionType().name)
                .toList();
    }

    private static List<String> values(PartitionData data) throws IOException {
        return StreamSupport.stream(TestRecords.recordsOf(data).records().spliterator(), false)
                .filter(record -> record.offset() >= 0)
                .map(record -> Utils.utf8(record.value()))
                .toList();
    }

    private long listed(long timestamp) {
        ListOffsetsResponseData answer =
                FakeExchange.of(listRequest(timestamp))
                        .answerOf(
                                new ListOffsetsHandler(replicas, Runnable::run),
                                ListOffsetsResponseData.class);
        return answer.topics().getFirst().partitions().getFirst().offset();
    }

    private static ListOffsetsRequestData listRequest(long timestamp) {
        ListOffsetsRequestData request = new ListOffsetsRequestData().setReplicaId(-1);
        request.topics()
                .add(
                        new ListOffsetsTopic()
                                .setName("orders")
                                .setPartitions(
                                        List.of(
                                                new ListOffsetsPartition()
                                                        .setPartitionIndex(0)
                                                        .setTimestamp(timestamp))));
        return request;
    }
}
