package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.LogConfig.FlushPolicy;
import io.takhin.log.PartitionLog;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;

/** S84: a topic's {@code flush.messages} holds for the answer, as in Kafka. */
class FlushedAnswerTest extends RecordsFixture {
    private static final short LEADER = 1;
    private static final short ALL = -1;

    private PartitionLog flushing(FlushPolicy policy, int messages) {
        PartitionLog log = records.partition(0).log();
        log.reconfigure(
                TestRecords.CONFIG
                        .with()
                        .flushPolicy(policy)
                        .flushMessages(messages)
                        .flushAwaited(true)
                        .build());
        return log;
    }

    private void produce(short acks, String... values) {
        MemoryRecords batch =
                MemoryRecords.withRecords(Compression.NONE, TestRecords.records(values));
        assertThat(records.produce(acks, 0, 0, batch).errorCode()).isZero();
    }

    @Test
    void acks1IsAnsweredAfterTheFlushThatItsRecordsBringAbout() {
        PartitionLog log = flushing(FlushPolicy.ACK, 2);

        produce(LEADER, "a");
        assertThat(log.durableEndOffset()).isZero();
        produce(LEADER, "b");

        assertThat(log.durableEndOffset()).isEqualTo(2);
    }

    @Test
    void acksAllWithThePageCacheIsAnsweredAfterTheFlushThatItsRecordsBringAbout() {
        PartitionLog log = flushing(FlushPolicy.INTERVAL, 2);

        produce(ALL, "a");
        assertThat(log.durableEndOffset()).isZero();
        produce(ALL, "b");

        assertThat(log.durableEndOffset()).isEqualTo(2);
    }
}
