package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
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
        log.release();

        log = reopen(Batches.config());

        assertThat(Batches.all(log)).containsExactly("0=a", "1=b");
        assertThat(log.latestEpoch()).isEqualTo(3);
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
        assertThat(log.latestEpoch()).isEqualTo(3);
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
        assertThat(log.endOfEpoch(1, 3)).isEqualTo(new EpochEnd(1, 2));
    }
}
