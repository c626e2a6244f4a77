package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.log.Append;
import io.takhin.log.Origin;
import io.takhin.log.PartitionLog;
import io.takhin.protocol.RecordRegion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a reader of committed records has to skip, of transactions from before the broker's start.
 */
class CommittedRecordsTest {
    private static final long PRODUCER = 7;

    @TempDir private Path root;

    @Test
    void aTransactionThatWasRolledBackIsNamedThoughItsIndexIsLost() throws IOException {
        try (TestRecords records = new TestRecords(root)) {
            PartitionLog log = records.partition(0).log();
            append(
                    log,
                    MemoryRecords.withTransactionalRecords(
                            Compression.NONE, PRODUCER, (short) 0, 0, TestRecords.records("a")),
                    Origin.CLIENT);
            append(
                    log,
                    MemoryRecords.withEndTransactionMarker(
                            PRODUCER,
                            (short) 0,
                            new EndTransactionMarker(ControlRecordType.ABORT, 1)),
                    Origin.COORDINATOR);
        }
        // The marker, of today, is in a segment of its own.
        Files.delete(root.resolve("orders-0/00000000000000000001.txnindex"));

        try (TestRecords records = new TestRecords(root)) {
            assertThat(aborted(records))
                    .containsExactly(
                            new AbortedTransaction().setProducerId(PRODUCER).setFirstOffset(0));
        }
    }

    private static void append(PartitionLog log, MemoryRecords batch, Origin origin) {
        assertThat(log.appendAsLeader(batch.buffer(), 0, origin)).isInstanceOf(Append.Done.class);
    }

    private static List<AbortedTransaction> aborted(TestRecords records) {
        FetchRequestData request =
                TestRecords.fetchOf(
                                new FetchPartition().setPartition(0).setPartitionMaxBytes(1 << 20))
                        .setMaxWaitMs(0)
                        .setIsolationLevel(IsolationLevel.READ_COMMITTED.id());
        FetchHandler handler =
                new FetchHandler(records.replicas(), new FetchSessions(Clock.SYSTEM));
        PartitionData answer =
                FakeExchange.of(request, 12)
                        .answerOf(handler, FetchResponseData.class)
                        .responses()
                        .getFirst()
                        .partitions()
                        .getFirst();
        ((RecordRegion) answer.records()).release();
        return answer.abortedTransactions();
    }
}
