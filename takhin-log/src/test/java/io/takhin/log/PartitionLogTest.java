package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.file.DeadFiles;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartitionLogTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private PartitionLog log;

    @BeforeEach
    void open() throws IOException {
        log = reopen(Batches.config());
    }

    @AfterEach
    void close() {
        log.close();
    }

    private PartitionLog reopen(LogConfig config) throws IOException {
        return PartitionLog.open(
                root.resolve("orders-0"), PARTITION, Uuid.randomUuid(), config, clock);
    }

    private Append append(ByteBuffer batch) {
        return log.appendAsLeader(batch, 3, Origin.CLIENT);
    }

    @Test
    void givesOffsetsInTheOrderOfAppends() throws IOException {
        Append first = append(Batches.of("a", "b"));
        Append second = append(Batches.of("c"));

        assertThat(first).isEqualTo(new Append.Done(0, 1, -1, 0));
        assertThat(second).isEqualTo(new Append.Done(2, 2, -1, 0));
        assertThat(Batches.all(log)).containsExactly("0=a", "1=b", "2=c");
    }

    @Test
    void aReadBeginsWithTheBatchThatHoldsTheOffset() throws IOException {
        append(Batches.of("a", "b"));
        append(Batches.of("c", "d"));

        LogRead read = log.read(3, 1 << 20, true, 4);

        assertThat(Batches.valuesOf(read)).containsExactly("2=c", "3=d");
    }

    @Test
    void aReadStopsBeforeTheBatchThatReachesTheEndItIsGiven() throws IOException {
        append(Batches.of("a"));
        append(Batches.of("b"));
        append(Batches.of("c"));

        LogRead read = log.read(0, 1 << 20, true, 2);

        assertThat(Batches.valuesOf(read)).containsExactly("0=a", "1=b");
    }

    @Test
    void aReadThatAsksForItsEndIsToldOneThatIsNear() throws IOException {
        int batches = 200;
        for (int i = 0; i < batches; i++) {
            append(Batches.of("x".repeat(1000)));
        }

        LogRead.Found asked = (LogRead.Found) log.readIfChecked(10, 20_000, true, batches, true);
        LogRead.Found bounded = (LogRead.Found) log.readIfChecked(10, 20_000, true, batches, false);

        assertThat(asked.endOffset()).isBetween(28L, 40L);
        assertThat(bounded.endOffset()).isEqualTo(batches);
        asked.records().release();
        bounded.records().release();
    }

    @Test
    void aReadAtTheEndFindsNothingAndBehindItIsOutOfRange() {
        append(Batches.of("a"));

        assertThat(log.read(1, 100, true, 1)).isInstanceOf(LogRead.Nothing.class);
        assertThat(log.read(2, 100, true, 1)).isEqualTo(new LogRead.OutOfRange(0, 1));
    }

    @Test
    void aFirstBatchThatIsTooLargeComesWholeOrNotAtAll() throws IOException {
        append(Batches.of("a".repeat(1000)));

        assertThat(Batches.valuesOf(log.read(0, 10, true, 1))).hasSize(1);
        assertThat(log.read(0, 10, false, 1)).isInstanceOf(LogRead.Nothing.class);
    }

    @Test
    void anEmptyLogCostsADirectoryAndOneFile() {
        assertThat(root.resolve("orders-0").toFile().list()).containsExactly("partition.metadata");
    }

    @Test
    void recordsAreThereAfterAReopenWithoutClose() throws IOException {
        append(Batches.of("a", "b"));
        log.flush();
        log.files().release();

        log = reopen(Batches.config());

        assertThat(Batches.all(log)).containsExactly("0=a", "1=b");
        assertThat(log.epochs().latest()).isEqualTo(3);
        assertThat(log.logEndOffset()).isEqualTo(2);
    }

    @Test
    void segmentsAreClosedBeforeTheyGrowTooLarge() throws IOException {
        log.close();
        log = reopen(Batches.config(1024, 100));

        for (int i = 0; i < 50; i++) {
            append(Batches.of("value " + i));
        }

        assertThat(root.resolve("orders-0").toFile().list((_, name) -> name.endsWith(".log")))
                .hasSizeGreaterThan(3);
        assertThat(Batches.all(log)).hasSize(50).startsWith("0=value 0").endsWith("49=value 49");
    }

    @Test
    void truncationDropsTheTailAndItsEpochs() throws IOException {
        append(Batches.of("a"));
        log.appendAsLeader(Batches.of("b"), 4, Origin.CLIENT);
        log.appendAsLeader(Batches.of("c"), 5, Origin.CLIENT);

        log.truncateTo(1);

        assertThat(Batches.all(log)).containsExactly("0=a");
        assertThat(log.epochs().latest()).isEqualTo(3);
        assertThat(append(Batches.of("d"))).isEqualTo(new Append.Done(1, 1, -1, 0));
    }

    @Test
    void flushMakesEverythingDurable() {
        append(Batches.of("a", "b"));
        long before = log.durableEndOffset();

        log.flush();

        assertThat(before).isZero();
        assertThat(log.durableEndOffset()).isEqualTo(2);
    }

    @Test
    void aBatchWithAWrongChecksumIsRefused() {
        ByteBuffer batch = Batches.of("a");
        batch.put(batch.limit() - 1, (byte) (batch.get(batch.limit() - 1) + 1));

        Append answer = append(batch);

        assertThat(answer).isInstanceOf(Append.Refused.class);
        assertThat(((Append.Refused) answer).error()).isEqualTo(Errors.CORRUPT_MESSAGE);
        assertThat(log.logEndOffset()).isZero();
    }

    @Test
    void aBatchSentTwiceIsWrittenOnce() {
        append(Batches.idempotent(7, 0, 0, "a", "b"));
        append(Batches.idempotent(7, 0, 2, "c"));

        Append again = append(Batches.idempotent(7, 0, 0, "a", "b"));

        assertThat(again).isEqualTo(new Append.Duplicate(0, 1, -1, 0));
        assertThat(log.logEndOffset()).isEqualTo(3);
    }

    @Test
    void replicatedBatchesKeepTheirOffsets() throws IOException {
        ByteBuffer first = Batches.replicated(0, 1, "a", "b");
        ByteBuffer second = Batches.replicated(2, 2, "c");
        ByteBuffer both = ByteBuffer.allocate(first.remaining() + second.remaining() + 5);
        both.put(first).put(second).put(new byte[5]).flip();

        log.appendAsFollower(both);

        assertThat(Batches.all(log)).containsExactly("0=a", "1=b", "2=c");
        assertThat(log.epochs().endOf(1, 3)).isEqualTo(new EpochEnd(1, 2));
    }

    @Test
    void anEmptyFollowerTakesABatchThatBeginsBeforeItsStart() throws IOException {
        log.truncateFullyAndStartAt(5);

        log.appendAsFollower(Batches.replicated(3, 1, "a", "b", "c", "d"));

        assertThat(log.logStartOffset()).isEqualTo(5);
        assertThat(log.logEndOffset()).isEqualTo(7);
        assertThat(Batches.valuesOf(log.read(5, 1 << 20, true, 7))).contains("5=c", "6=d");
    }

    @Test
    void replicatedBatchesMustFollowTheLog() {
        append(Batches.of("a", "b"));

        assertThatThrownBy(() -> log.appendAsFollower(Batches.replicated(1, 1, "x")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(log.logEndOffset()).isEqualTo(2);
    }

    @Test
    void aReadGoesOnAfterItsSegmentWasDeleted() throws IOException {
        log.close();
        log = reopen(Batches.config(1024, 100));
        for (int i = 0; i < 50; i++) {
            append(Batches.of("value " + i));
        }
        LogRead read = log.read(0, 1 << 20, true, 50);

        log.advanceLogStart(50);

        assertThat(Batches.valuesOf(read)).startsWith("0=value 0");
        assertThat(log.read(0, 100, true, 50)).isEqualTo(new LogRead.OutOfRange(50, 50));
        assertThat(root.resolve("orders-0").toFile().list((_, name) -> name.endsWith(".log")))
                .hasSize(1);
    }

    @Test
    void logAppendTimeReplacesTheProducersTime() {
        LogConfig base = Batches.config();
        log.reconfigure(
                base.with()
                        .timestampType(TimestampType.LOG_APPEND_TIME)
                        .cleanup(Cleanup.compact(0.5, 0))
                        .build());
        clock.advance(Duration.ofSeconds(3));
        SimpleRecord keyed = new SimpleRecord(1, "k".getBytes(UTF_8), "v".getBytes(UTF_8));

        Append done = append(Batches.of(Compression.NONE, keyed));

        assertThat(done).isEqualTo(new Append.Done(0, 0, Batches.NOW + 3000, 0));
        assertThat(log.findMaxTimestamp()).isEqualTo(new FoundOffset(0, Batches.NOW + 3000, 3));
        assertThat(((Append.Refused) append(Batches.of("no key"))).error())
                .isEqualTo(Errors.INVALID_RECORD);
    }

    @Test
    void clientsCannotWriteWhatTheyMayNot() {
        assertThat(errorOf(Batches.marker(1, 0, ControlRecordType.COMMIT, 0)))
                .isEqualTo(Errors.INVALID_RECORD);
        assertThat(errorOf(Batches.replicated(7, 0, "offset 7"))).isEqualTo(Errors.INVALID_RECORD);
        assertThat(errorOf(ByteBuffer.allocate(0))).isEqualTo(Errors.INVALID_RECORD);
        assertThat(errorOf(ByteBuffer.allocate(40))).isEqualTo(Errors.CORRUPT_MESSAGE);
        assertThat(errorOf(Batches.of("a".repeat(2 << 20)))).isEqualTo(Errors.MESSAGE_TOO_LARGE);
        assertThat(
                        errorOf(
                                Batches.of(
                                        Compression.NONE,
                                        Batches.record(Batches.NOW + 7_200_000, "late"))))
                .isEqualTo(Errors.INVALID_TIMESTAMP);
        assertThat(log.logEndOffset()).isZero();
    }

    private Errors errorOf(ByteBuffer batch) {
        return ((Append.Refused) append(batch)).error();
    }

    @Test
    void anErrorOfTheDiskTakesTheLogOffline() throws IOException {
        append(Batches.of("a"));
        log.files().release();
        log = reopen(Batches.config(1024, 100));
        DeadFiles.remove(root.resolve("orders-0"));

        Append answer = append(Batches.of("first"));
        for (int i = 0; i < 50 && !(answer instanceof Append.Refused); i++) {
            answer = append(Batches.of("value " + i));
        }

        assertThat(answer).isInstanceOf(Append.Refused.class);
        assertThat(errorOf(Batches.of("b"))).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
        assertThatThrownBy(() -> log.truncateTo(0)).isInstanceOf(KafkaStorageException.class);
    }
}
