package io.takhin.broker.api;

import io.takhin.base.Clock;
import io.takhin.log.LogConfig;
import io.takhin.log.LogDirectory;
import io.takhin.log.LogDirectorySettings;
import io.takhin.metadata.ClusterView;
import io.takhin.metadata.MetadataListener.Change;
import io.takhin.protocol.RecordRegion;
import io.takhin.replication.HostedPartitions;
import io.takhin.replication.Partition;
import io.takhin.replication.ReplicaConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** The topic "orders" with two partitions, led here, on real logs. */
final class TestRecords implements AutoCloseable {
    /** Small segments, any timestamps, and no flush that nobody asks for. */
    static final LogConfig CONFIG =
            LogConfig.builder()
                    .segmentBytes(1 << 20)
                    .indexBytesMax(1 << 20)
                    .messageBytesMax(1 << 20)
                    .timestampAfterMaxMillis(Long.MAX_VALUE)
                    .flushAge(Duration.ofDays(1))
                    .build();

    private static final short ACKS_ALL = -1;

    private final ClusterView view = new TestCluster().broker(1).topic("orders", 2).view();
    private final LogDirectory directory;
    private final HostedPartitions hosted;

    TestRecords(Path root) throws IOException {
        LogDirectorySettings settings =
                new LogDirectorySettings(CONFIG, Duration.ofDays(1), Duration.ofSeconds(5), 1);
        directory = LogDirectory.open(root, settings, Clock.SYSTEM);
        hosted =
                new HostedPartitions(
                        1, directory, (topic, now) -> new ReplicaConfig(CONFIG, 1), Clock.SYSTEM);
        Set<Uuid> topics = Set.copyOf(view.topics().stream().map(ClusterView.Topic::id).toList());
        hosted.onChange(new Change(topics, Set.of(), Set.of(), false, false), view);
    }

    /** A directory that does nothing that nobody asks for. */
    static LogDirectory directory(Path root) throws IOException {
        return LogDirectory.open(
                root,
                new LogDirectorySettings(CONFIG, Duration.ofDays(1), Duration.ofHours(1), 1),
                Clock.SYSTEM);
    }

    ReplicaLookup replicas() {
        return new ReplicaLookup(() -> view, hosted);
    }

    Partition partition(int index) {
        return Objects.requireNonNull(replicas().find(view.topic("orders"), index));
    }

    Uuid topicId() {
        return Objects.requireNonNull(view.topic("orders")).id();
    }

    /** Records with the timestamps 1000, 1001 and so on. */
    static SimpleRecord[] records(String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = new SimpleRecord(1000L + i, values[i].getBytes(StandardCharsets.UTF_8));
        }
        return records;
    }

    /** What a producer is answered that waits until its batch is on disk. */
    PartitionProduceResponse produce(int partition, MemoryRecords batch) {
        return produce(ACKS_ALL, 10_000, partition, batch);
    }

    /**
     * @param timeoutMillis how long acks=all may be waited for
     */
    PartitionProduceResponse produce(
            short acks, int timeoutMillis, int partition, MemoryRecords batch) {
        ProduceRequestData request =
                new ProduceRequestData().setAcks(acks).setTimeoutMs(timeoutMillis);
        request.topicData()
                .add(
                        new TopicProduceData()
                                .setName("orders")
                                .setPartitionData(
                                        List.of(
                                                new PartitionProduceData()
                                                        .setIndex(partition)
                                                        .setRecords(batch))));
        return FakeExchange.of(request, 12)
                .answerOf(new ProduceHandler(replicas(), Clock.SYSTEM), ProduceResponseData.class)
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .getFirst();
    }

    /** What a fetch found; gives the region back. */
    static MemoryRecords recordsOf(PartitionData found) throws IOException {
        RecordRegion region = (RecordRegion) found.records();
        ByteBuffer bytes = ByteBuffer.allocate(region.sizeInBytes());
        region.copyTo(bytes, 0);
        region.release();
        return MemoryRecords.readableRecords(bytes.flip());
    }

    static FetchRequestData fetchOf(FetchPartition... partitions) {
        FetchRequestData request = new FetchRequestData().setMinBytes(1);
        request.topics()
                .add(new FetchTopic().setTopic("orders").setPartitions(List.of(partitions)));
        return request;
    }

    @Override
    public void close() {
        directory.close();
    }
}
