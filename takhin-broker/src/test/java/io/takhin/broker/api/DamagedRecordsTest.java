package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.log.LogDirectory;
import io.takhin.log.LogDirectorySettings;
import io.takhin.log.Origin;
import io.takhin.log.PartitionLog;
import io.takhin.metadata.ClusterView;
import io.takhin.metadata.MetadataListener.Change;
import io.takhin.protocol.RecordRegion;
import io.takhin.replication.HostedPartitions;
import io.takhin.replication.ReplicaConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients are told of logs that were there before the broker, one of them damaged. */
class DamagedRecordsTest {
    private static final int FIRST_BYTE_OF_RECORDS = 61;

    @TempDir Path root;

    private final TestCluster cluster = new TestCluster().broker(1).topic("orders", 2);
    private final ClusterView view = cluster.view();
    private int batchBytes;
    private LogDirectory directory;
    private ReplicaLookup replicas;

    /** Two batches in each of two partitions; the second one of partition 0 is changed. */
    @BeforeEach
    void open() throws IOException {
        directory = openDirectory();
        for (int partition = 0; partition < 2; partition++) {
            PartitionLog log =
                    directory.open(
                            new TopicPartition("orders", partition),
                            cluster.topicId("orders"),
                            TestRecords.CONFIG);
            for (long timestamp : new long[] {1000, 2000}) {
                ByteBuffer batch = batch(timestamp);
                batchBytes = batch.remaining();
                log.appendAsLeader(batch, 0, Origin.CLIENT);
            }
        }
        directory.close();
        damage(root.resolve("orders-0/00000000000000000000.log"));
        directory = openDirectory();
        HostedPartitions hosted =
                new HostedPartitions(
                        1,
                        directory,
                        (topic, now) -> new ReplicaConfig(TestRecords.CONFIG, 1),
                        Clock.SYSTEM);
        Change all =
                new Change(Set.of(cluster.topicId("orders")), Set.of(), Set.of(), false, false);
        hosted.onChange(all, view);
        replicas = new ReplicaLookup(() -> view, hosted);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private LogDirectory openDirectory() throws IOException {
        LogDirectorySettings settings =
                new LogDirectorySettings(
                        TestRecords.CONFIG, Duration.ofDays(1), Duration.ofSeconds(5), 1);
        return LogDirectory.open(root, settings, Clock.SYSTEM);
    }

    private static ByteBuffer batch(long timestamp) {
        return MemoryRecords.withRecords(
                        Compression.NONE,
                        new SimpleRecord(
                                timestamp,
                                null,
                                "a value".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .buffer();
    }

    private void damage(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(
                    ByteBuffer.wrap(new byte[] {0x55}), batchBytes + FIRST_BYTE_OF_RECORDS + 3L);
        }
    }

    @Test
    void batchesBeforeTheDamageAreServed() {
        PartitionData answer = fetched(0, 0);

        assertThat(answer.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(answer.records().sizeInBytes()).isEqualTo(batchBytes);
        release(answer);
    }

    @Test
    void aDamagedBatchIsAnsweredForItsPartitionAlone() {
        FetchResponseData response = fetch(1, 0);

        List<PartitionData> answers = response.responses().getFirst().partitions();
        assertThat(answers.getFirst().errorCode()).isEqualTo(Errors.CORRUPT_MESSAGE.code());
        assertThat(answers.getFirst().records().sizeInBytes()).isZero();
        assertThat(answers.getLast().errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(answers.getLast().records().sizeInBytes()).isEqualTo(2 * batchBytes);
        assertThat(directory.damagedBatches()).isEqualTo(1);
        assertThat(directory.isOnline()).isTrue();
        release(answers.getLast());
    }

    @Test
    void aSearchByTimeThatMeetsTheDamageSaysSo() {
        assertThat(listed(0, 1500)).isEqualTo(Errors.CORRUPT_MESSAGE);
        assertThat(listed(1, 1500)).isEqualTo(Errors.NONE);
    }

    @Test
    void theSizeOfAPartitionIsThatOfItsBatches() {
        var answer = describedLogDirs().results().getFirst();

        assertThat(answer.logDir()).isEqualTo(root.toAbsolutePath().toString());
        assertThat(answer.topics().getFirst().partitions())
                .hasSize(2)
                .allSatisfy(partition -> {
                    assertThat(partition.partitionSize()).isEqualTo(2L * batchBytes);
                    assertThat(partition.offsetLag()).isZero();
                    assertThat(partition.isFutureKey()).isFalse();
                });
        assertThat(answer.topics().getFirst().partitions())
                .extracting(DescribeLogDirsPartition::partitionIndex)
                .containsExactlyInAnyOrder(0, 1);
        assertThat(answer.totalBytes()).isPositive();
    }

    @Test
    void aDirectoryThatFailedIsNamedWithItsErrorAndNothingElse() throws IOException {
        PartitionLog log =
                directory.open(new TopicPartition("new", 0), Uuid.ONE_UUID, TestRecords.CONFIG);
        Utils.delete(log.directory().toFile());
        log.appendAsLeader(batch(1000), 0, Origin.CLIENT);

        var answer = describedLogDirs().results().getFirst();

        assertThat(directory.isOnline()).isFalse();
        assertThat(answer.errorCode()).isEqualTo(Errors.KAFKA_STORAGE_ERROR.code());
        assertThat(answer.topics()).isEmpty();
        assertThat(answer.totalBytes()).isEqualTo(-1);
        assertThat(answer.usableBytes()).isEqualTo(-1);
    }

    private DescribeLogDirsResponseData describedLogDirs() {
        DescribeLogDirsHandler handler = new DescribeLogDirsHandler(directory, Runnable::run);
        return FakeExchange.of(new DescribeLogDirsRequestData().setTopics(null))
                .answerOf(handler, DescribeLogDirsResponseData.class);
    }

    private PartitionData fetched(int partition, long offset) {
        return fetch(offset, 0).responses().getFirst().partitions().get(partition);
    }

    private FetchResponseData fetch(long offsetOfFirst, long offsetOfSecond) {
        FetchHandler handler = new FetchHandler(replicas, new FetchSessions(Clock.SYSTEM));
        FetchRequestData request = new FetchRequestData().setMaxWaitMs(0).setMinBytes(1);
        request.topics()
                .add(
                        new FetchTopic()
                                .setTopic("orders")
                                .setPartitions(
                                        List.of(
                                                wanted(0, offsetOfFirst),
                                                wanted(1, offsetOfSecond))));
        return FakeExchange.of(request, 12).answerOf(handler, FetchResponseData.class);
    }

    private static FetchPartition wanted(int partition, long offset) {
        return new FetchPartition()
                .setPartition(partition)
                .setFetchOffset(offset)
                .setPartitionMaxBytes(1 << 20);
    }

    private Errors listed(int partition, long timestamp) {
        ListOffsetsRequestData request = new ListOffsetsRequestData().setReplicaId(-1);
        request.topics()
                .add(
                        new ListOffsetsTopic()
                                .setName("orders")
                                .setPartitions(
                                        List.of(
                                                new ListOffsetsPartition()
                                                        .setPartitionIndex(partition)
                                                        .setTimestamp(timestamp))));
        ListOffsetsResponseData answer =
                FakeExchange.of(request)
                        .answerOf(
                                new ListOffsetsHandler(replicas, Runnable::run),
                                ListOffsetsResponseData.class);
        return Errors.forCode(answer.topics().getFirst().partitions().getFirst().errorCode());
    }

    private static void release(PartitionData answer) {
        ((RecordRegion) answer.records()).release();
    }
}
