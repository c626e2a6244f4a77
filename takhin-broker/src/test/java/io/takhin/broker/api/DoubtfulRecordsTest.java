package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.log.Origin;
import io.takhin.protocol.BatchHeader;
import io.takhin.protocol.RecordRegion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;

/** Records that are not what they should be, and questions that have no good answer. */
class DoubtfulRecordsTest extends RecordsFixture {
    private static final int CRC_AT = 17;

    @Test
    void aTransactionThatNobodyBeganIsNotWritten() {
        MemoryRecords batch =
                MemoryRecords.withTransactionalRecords(
                        Compression.NONE, 7, (short) 0, 0, TestRecords.records("a"));

        assertThat(records.produce(0, batch).errorCode())
                .isEqualTo(Errors.INVALID_TXN_STATE.code());
        assertThat(records.partition(0).log().logEndOffset()).isZero();
    }

    @Test
    void aDamagedPartitionIsAnsweredWithItsErrorAndTheOthersWithTheirRecords() throws IOException {
        records.produce(0, batch("a", "b", "c"));
        records.produce(1, batch("d"));
        damageFile(0);

        List<PartitionData> answers =
                FakeExchange.of(TestRecords.fetchOf(from(1, 0), from(0, 1)), 12)
                        .answerOf(fetch(), FetchResponseData.class)
                        .responses()
                        .getFirst()
                        .partitions();

        assertThat(answers.getFirst().records().sizeInBytes()).isPositive();
        ((RecordRegion) answers.getFirst().records()).release();
        assertThat(answers.getLast().errorCode()).isEqualTo(Errors.CORRUPT_MESSAGE.code());
    }

    @Test
    void recordsThatCannotBeReadFailTheSearchForATimestampAndNothingElse() {
        MemoryRecords batch =
                MemoryRecords.withRecords(
                        Compression.gzip().build(), TestRecords.records("a", "b"));
        overwritePayload(batch.buffer());
        assertThat(records.produce(0, batch).errorCode()).isEqualTo(Errors.NONE.code());
        records.produce(1, batch("c"));

        List<ListOffsetsPartitionResponse> answers =
                FakeExchange.of(list(1000, 0, 1))
                        .answerOf(
                                new ListOffsetsHandler(records.replicas(), Runnable::run),
                                ListOffsetsResponseData.class)
                        .topics()
                        .getFirst()
                        .partitions();

        assertThat(answers.getFirst().errorCode()).isNotEqualTo(Errors.NONE.code());
        assertThat(answers.getLast().offset()).isZero();
    }

    @Test
    void aSearchThatEndsInAnErrorOfALibraryIsAnswered() {
        MemoryRecords batch =
                MemoryRecords.withRecords(
                        Compression.snappy().build(), TestRecords.records("a", "b"));
        promiseTwoGigabytes(batch.buffer());
        records.partition(0).append(batch.buffer(), Origin.CLIENT, false);
        FakeExchange search = FakeExchange.of(list(1000, 0));

        new ListOffsetsHandler(records.replicas(), Runnable::run).handle(search);

        assertThat(
                        search.answer(ListOffsetsResponseData.class)
                                .topics()
                                .getFirst()
                                .partitions()
                                .getFirst()
                                .errorCode())
                .isEqualTo(Errors.UNKNOWN_SERVER_ERROR.code());
    }

    @Test
    void snappyThatPromisesMoreThanItCanHoldIsNotWritten() {
        MemoryRecords batch =
                MemoryRecords.withRecords(
                        Compression.snappy().build(), TestRecords.records("a", "b"));
        promiseTwoGigabytes(batch.buffer());

        assertThat(records.produce(0, batch).errorCode()).isEqualTo(Errors.CORRUPT_MESSAGE.code());
    }

    @Test
    void deletingRecordsOfALogThatIsClosedIsAnsweredWithTheReason() {
        records.produce(0, batch("a"));
        records.close();

        DeleteRecordsResponseData answer =
                FakeExchange.of(delete(0, 1))
                        .answerOf(
                                new DeleteRecordsHandler(records.replicas(), Runnable::run),
                                DeleteRecordsResponseData.class);

        assertThat(answer.topics().find("orders").partitions().find(0).errorCode())
                .isEqualTo(Errors.KAFKA_STORAGE_ERROR.code());
    }

    @Test
    void theLatestEpochEndsWhereTheLogDoes() {
        // Written, and not committed yet: a reader that has seen it must not be told it was cut.
        records.partition(0).log().appendAsLeader(batch("a", "b").buffer(), 0, Origin.CLIENT);

        OffsetForLeaderEpochRequestData request = new OffsetForLeaderEpochRequestData();
        request.topics()
                .add(
                        new OffsetForLeaderTopic()
                                .setTopic("orders")
                                .setPartitions(
                                        List.of(
                                                new OffsetForLeaderPartition()
                                                        .setPartition(0)
                                                        .setLeaderEpoch(0))));
        OffsetForLeaderEpochResponseData answer =
                FakeExchange.of(request)
                        .answerOf(
                                new OffsetForLeaderEpochHandler(records.replicas(), Runnable::run),
                                OffsetForLeaderEpochResponseData.class);

        assertThat(answer.topics().find("orders").partitions().getFirst().endOffset()).isEqualTo(2);
    }

    @Test
    void aReaderWithAnEpochFromTheFutureIsToldThatItsOffsetIsUnknown() {
        records.produce(0, batch("a"));

        PartitionData answer =
                FakeExchange.of(TestRecords.fetchOf(from(0, 1).setLastFetchedEpoch(9)), 12)
                        .answerOf(fetch(), FetchResponseData.class)
                        .responses()
                        .getFirst()
                        .partitions()
                        .getFirst();

        assertThat(answer.errorCode()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
    }

    private FetchHandler fetch() {
        return new FetchHandler(records.replicas(), new FetchSessions(Clock.SYSTEM));
    }

    private static MemoryRecords batch(String... values) {
        return MemoryRecords.withRecords(Compression.NONE, TestRecords.records(values));
    }

    private static FetchPartition from(int partition, long offset) {
        return new FetchPartition()
                .setPartition(partition)
                .setFetchOffset(offset)
                .setPartitionMaxBytes(1 << 20);
    }

    private static ListOffsetsRequestData list(long timestamp, int... partitions) {
        ListOffsetsTopic topic = new ListOffsetsTopic().setName("orders");
        for (int partition : partitions) {
            topic.partitions()
                    .add(
                            new ListOffsetsPartition()
                                    .setPartitionIndex(partition)
                                    .setTimestamp(timestamp));
        }
        return new ListOffsetsRequestData().setReplicaId(-1).setTopics(List.of(topic));
    }

    private static DeleteRecordsRequestData delete(int partition, long before) {
        return new DeleteRecordsRequestData()
                .setTopics(
                        List.of(
                                new DeleteRecordsTopic()
                                        .setName("orders")
                                        .setPartitions(
                                                List.of(
                                                        new DeleteRecordsPartition()
                                                                .setPartitionIndex(partition)
                                                                .setOffset(before)))));
    }

    /** The checksum is right, and what it covers is no gzip. */
    private static void overwritePayload(ByteBuffer batch) {
        for (int at = BatchHeader.BYTES; at < batch.limit(); at++) {
            batch.put(at, (byte) 0x55);
        }
        batch.putInt(CRC_AT, BatchHeader.computeCrc(batch, 0));
    }

    /** The length of the first chunk, behind the 16 bytes with which snappy's stream begins. */
    private static void promiseTwoGigabytes(ByteBuffer batch) {
        batch.putInt(BatchHeader.BYTES + 16, Integer.MAX_VALUE);
        batch.putInt(CRC_AT, BatchHeader.computeCrc(batch, 0));
    }

    private void damageFile(int partition) throws IOException {
        Path segment = root.resolve("orders-" + partition).resolve("00000000000000000000.log");
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[BatchHeader.BYTES]), 0);
        }
    }
}
