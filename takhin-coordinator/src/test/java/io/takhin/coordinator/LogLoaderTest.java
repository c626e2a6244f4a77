package io.takhin.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.takhin.base.Clock;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader.LoadSummary;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract between the loader and Kafka's coordinator runtime, which nobody wrote down. */
class LogLoaderTest {
    private static final TopicPartition PARTITION = new TopicPartition("__consumer_offsets", 0);

    private final LedLogs logs = new LedLogs();
    private final MemoryLog log = new MemoryLog();
    private final Playback playback = new Playback();
    private final LogLoader<String> loader =
            new LogLoader<>(logs, LogLoaderTest::decode, Clock.SYSTEM);

    @BeforeEach
    void lead() {
        logs.begin(PARTITION, log.lead(), () -> {});
    }

    @AfterEach
    void stop() {
        loader.close();
    }

    @Test
    void anEmptyLogMovesNothing() {
        LoadSummary summary = load();

        assertThat(playback.seen).isEmpty();
        assertThat(summary.numRecords()).isZero();
    }

    @Test
    void recordsAreReplayedInOrderAndThenCountAsWrittenAndCommitted() {
        append("a", "b");
        append("c");

        load();

        assertThat(playback.seen).containsExactly("0 a", "1 b", "2 c", "written 3", "committed 3");
    }

    @Test
    void recordsAboveTheHighWatermarkAreWrittenButNotCommitted() {
        append("a");
        log.holdReplication();
        append("b");
        append("c");

        load();

        assertThat(playback.seen)
                .containsExactly(
                        "0 a", "written 1", "committed 1", "1 b", "written 2", "2 c", "written 3");
    }

    @Test
    void aLogLargerThanAChunkIsReadToItsEnd() {
        String large = "x".repeat(10_000);
        IntStream.range(0, 100).forEach(_ -> append(large));

        LoadSummary summary = load();

        assertThat(summary.numRecords()).isEqualTo(100);
        assertThat(summary.numBytes()).isGreaterThan(4 * LogLoader.CHUNK_BYTES - 100_000);
        assertThat(playback.seen).endsWith("written 100", "committed 100");
    }

    @Test
    void aBatchLargerThanAChunkIsReadWhole() {
        append("x".repeat(2 * LogLoader.CHUNK_BYTES));

        LoadSummary summary = load();

        assertThat(summary.numRecords()).isEqualTo(1);
    }

    @Test
    void oldStateIsLetGoWhileALongLogIsReplayed() {
        String[] many = IntStream.range(0, 1000).mapToObj(Integer::toString).toArray(String[]::new);
        IntStream.range(0, 40).forEach(_ -> append(many));

        load();

        assertThat(playback.seen).contains("committed 17000", "committed 34000", "committed 40000");
    }

    @Test
    void transactionMarkersEndTheirTransactions() {
        marker(7, ControlRecordType.COMMIT);
        marker(8, ControlRecordType.ABORT);

        load();

        assertThat(playback.seen)
                .containsExactly("COMMIT 7", "ABORT 8", "written 2", "committed 2");
    }

    @Test
    void recordsOfAnUnknownTypeAreSkipped() {
        append("a", "?", "b");

        load();

        assertThat(playback.seen).containsExactly("0 a", "2 b", "written 3", "committed 3");
    }

    @Test
    void aDamagedBatchStopsTheReplay() {
        append("a");
        ByteBuffer stored = log.batches().getFirst().bytes();
        int last = stored.limit() - 1;
        stored.put(last, (byte) (stored.get(last) ^ 1));

        Throwable error = catchThrowable(this::load);

        assertThat(error).hasRootCauseInstanceOf(CorruptRecordException.class);
    }

    @Test
    void aPartitionThatIsNotLedIsNotLoaded() {
        append("a");
        logs.end(PARTITION, () -> {});

        CompletableFuture<LoadSummary> answer = loader.load(PARTITION, playback);

        assertThat(answer).isNotDone();
        assertThat(playback.seen).isEmpty();
    }

    @Test
    void theReplayOfALeadershipThatEndedIsNeverReported() {
        append("a");
        append("b");
        CountDownLatch replaying = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        CompletableFuture<LoadSummary> old =
                loader.load(PARTITION, new PausedPlayback(replaying, ended));
        await(replaying);

        logs.begin(PARTITION, log.lead(), () -> {});
        ended.countDown();
        load();

        assertThat(playback.seen).containsExactly("0 a", "1 b", "written 2", "committed 2");
        assertThat(old).isNotDone();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private LoadSummary load() {
        return Groups.get(loader.load(PARTITION, playback));
    }

    private void append(String... values) {
        SimpleRecord[] records =
                IntStream.range(0, values.length)
                        .mapToObj(index ->
                                new SimpleRecord(
                                        0,
                                        new byte[0],
                                        values[index].getBytes(StandardCharsets.UTF_8)))
                        .toArray(SimpleRecord[]::new);
        log.append(MemoryRecords.withRecords(Compression.NONE, records).buffer());
    }

    private void marker(long producerId, ControlRecordType type) {
        log.append(
                MemoryRecords.withEndTransactionMarker(
                                producerId, (short) 0, new EndTransactionMarker(type, 1))
                        .buffer());
    }

    private static String decode(ByteBuffer key, ByteBuffer value) {
        String decoded = StandardCharsets.UTF_8.decode(value).toString();
        if (decoded.equals("?")) {
            throw new Deserializer.UnknownRecordTypeException((short) 99);
        }
        return decoded;
    }

    /** Stops in the middle of its first record until a test lets it go on. */
    private record PausedPlayback(CountDownLatch replaying, CountDownLatch goOn)
            implements CoordinatorPlayback<String> {
        @Override
        public void replay(long offset, long producerId, short producerEpoch, String value) {
            replaying.countDown();
            await(goOn);
        }

        @Override
        public void replayEndTransactionMarker(
                long producerId, short producerEpoch, TransactionResult result) {}

        @Override
        public void updateLastWrittenOffset(long offset) {}

        @Override
        public void updateLastCommittedOffset(long offset) {}
    }

    /** Writes down what it is told, and refuses what Kafka's refuses. */
    private static final class Playback implements CoordinatorPlayback<String> {
        private final List<String> seen = new ArrayList<>();
        private long written;
        private long committed;

        @Override
        public void replay(long offset, long producerId, short producerEpoch, String value) {
            seen.add(offset + " " + value);
        }

        @Override
        public void replayEndTransactionMarker(
                long producerId, short producerEpoch, TransactionResult result) {
            seen.add(result + " " + producerId);
        }

        @Override
        public void updateLastWrittenOffset(long offset) {
            assertThat(offset).isGreaterThan(written);
            written = offset;
            seen.add("written " + offset);
        }

        @Override
        public void updateLastCommittedOffset(long offset) {
            assertThat(offset).isBetween(committed, written);
            committed = offset;
            seen.add("committed " + offset);
        }
    }
}
