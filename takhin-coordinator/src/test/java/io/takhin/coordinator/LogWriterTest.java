package io.takhin.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter.Listener;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract between the writer and Kafka's coordinator runtime. */
class LogWriterTest {
    private static final TopicPartition PARTITION = new TopicPartition("__consumer_offsets", 0);

    private final LedLogs logs = new LedLogs();
    private final MemoryLog log = new MemoryLog();
    private final ServedPartitions served = new ServedPartitions();
    private final LogWriter writer = new LogWriter(logs, served);
    private final List<Long> heard = new ArrayList<>();
    private final Listener listener = (_, offset) -> heard.add(offset);

    @BeforeEach
    void lead() {
        logs.begin(PARTITION, log.lead(), () -> {});
    }

    @Test
    void anAppendAnswersWithTheOffsetAfterItsLastRecord() {
        append(2);

        assertThat(append(3)).isEqualTo(5);
    }

    @Test
    void aPartitionThatIsNotLedTakesNoAppend() {
        logs.end(PARTITION, () -> {});

        assertThatThrownBy(() -> append(1)).isInstanceOf(NotLeaderOrFollowerException.class);
    }

    @Test
    void aRefusalIsThrownAsTheExceptionThatFits() {
        log.refuse(Errors.MESSAGE_TOO_LARGE);

        assertThatThrownBy(() -> append(1)).isInstanceOf(RecordTooLargeException.class);
    }

    @Test
    void aListenerHearsWhereTheHighWatermarkAlreadyIs() {
        append(2);

        writer.registerListener(PARTITION, listener);

        assertThat(heard).containsExactly(2L);
    }

    @Test
    void aListenerOfAnEmptyLogHearsNothing() {
        writer.registerListener(PARTITION, listener);

        assertThat(heard).isEmpty();
    }

    @Test
    void aLateReportDoesNotMoveTheHighWatermarkBack() {
        writer.registerListener(PARTITION, listener);
        append(1);
        append(1);

        log.replicate();

        assertThat(heard).containsExactly(1L, 2L);
    }

    @Test
    void aListenerThatWasRemovedHearsNoMore() {
        writer.registerListener(PARTITION, listener);
        append(1);

        writer.deregisterListener(PARTITION, listener);
        append(1);

        assertThat(heard).containsExactly(1L);
        assertThat(log.listeners()).isZero();
    }

    @Test
    void aRuntimeThatIsClosedIsNoFailureOfTheLog() {
        writer.registerListener(
                PARTITION,
                (_, _) -> {
                    throw new NotCoordinatorException("the processor is closed");
                });

        assertThat(append(1)).isEqualTo(1);
    }

    @Test
    void aPartitionIsServedFromTheFirstListenerToItsEnd() {
        CompletableFuture<Void> waiting = served.when(PARTITION);
        boolean before = waiting.isDone();

        writer.registerListener(PARTITION, listener);
        boolean during = waiting.isDone();
        writer.deregisterListener(PARTITION, listener);

        assertThat(before).isFalse();
        assertThat(during).isTrue();
        assertThat(served.when(PARTITION)).isNotDone();
    }

    private long append(int records) {
        SimpleRecord[] values = new SimpleRecord[records];
        Arrays.setAll(values, index -> new SimpleRecord(new byte[] {(byte) index}));
        return writer.append(
                PARTITION,
                VerificationGuard.SENTINEL,
                MemoryRecords.withRecords(Compression.NONE, values),
                (short) -1);
    }
}
