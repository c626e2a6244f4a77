package io.takhin.coordinator;

import io.takhin.base.Clock;
import io.takhin.base.Threads;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a coordinator's state back by replaying its log, from the first offset to the end. Records
 * above the high watermark are replayed too: this broker leads, so they will be committed.
 *
 * <p>Threads: any may ask; each partition is replayed on a thread of its own.
 */
final class LogLoader<R> implements CoordinatorLoader<R> {
    private static final Logger log = LoggerFactory.getLogger(LogLoader.class);

    /** Read at a time and partition, so that many partitions that load at once stay small. */
    static final int CHUNK_BYTES = 256 * 1024;

    /**
     * How many records are replayed before what they replaced is let go: the coordinator keeps old
     * versions of its state back to the last offset it knows to be committed.
     */
    private static final long COMMIT_INTERVAL_OFFSETS = 16_384;

    private final LedLogs logs;
    private final Deserializer<R> deserializer;
    private final Clock clock;
    private final ExecutorService executor = Threads.virtualExecutor("coordinator-load");
    private volatile boolean closed;

    LogLoader(LedLogs logs, Deserializer<R> deserializer, Clock clock) {
        this.logs = logs;
        this.deserializer = deserializer;
        this.clock = clock;
    }

    /**
     * The answer never comes when the leadership ends before the replay does: Kafka's runtime would
     * take it for the replay of the leadership after, which has one of its own.
     */
    @Override
    public CompletableFuture<LoadSummary> load(
            TopicPartition partition, CoordinatorPlayback<R> state) {
        CompletableFuture<LoadSummary> answer = new CompletableFuture<>();
        CoordinatorLog source = logs.get(partition);
        if (source != null && !closed) {
            Replay replay = new Replay(partition, source, state);
            long asked = clock.wallMillis();
            executor.execute(() -> replay.answer(answer, asked));
        }
        return answer;
    }

    /** Replays that are under way end at their next chunk. */
    @Override
    public void close() {
        closed = true;
    }

    /** One partition on its way from the log into the coordinator's state. */
    private final class Replay {
        private final TopicPartition partition;
        private final CoordinatorLog source;
        private final CoordinatorPlayback<R> state;
        private long nextOffset;
        private long written;
        private long committed;
        private long records;
        private long bytes;

        Replay(TopicPartition partition, CoordinatorLog source, CoordinatorPlayback<R> state) {
            this.partition = partition;
            this.source = source;
            this.state = state;
            this.nextOffset = source.startOffset();
        }

        void answer(CompletableFuture<LoadSummary> answer, long askedMillis) {
            long start = clock.wallMillis();
            try {
                run();
                LoadSummary summary =
                        new LoadSummary(
                                start, clock.wallMillis(), start - askedMillis, records, bytes);
                logs.ifLed(partition, source, () -> answer.complete(summary));
            } catch (IOException | RuntimeException e) {
                logs.ifLed(partition, source, () -> answer.completeExceptionally(e));
            }
        }

        private void run() throws IOException {
            while (nextOffset < source.endOffset() && isWanted()) {
                if (!replayChunk()) {
                    break;
                }
            }
            advance(source.endOffset(), source.highWatermark());
        }

        private boolean isWanted() {
            return !closed && source.equals(logs.get(partition));
        }

        /** Returns false when nothing is left, though the log's end lies further on. */
        private boolean replayChunk() throws IOException {
            MemoryRecords chunk =
                    MemoryRecords.readableRecords(source.read(nextOffset, CHUNK_BYTES));
            if (chunk.sizeInBytes() == 0) {
                return false;
            }
            long before = nextOffset;
            for (MutableRecordBatch batch : chunk.batches()) {
                replayBatch(batch);
                advanceWhileLoading(source.highWatermark());
            }
            if (nextOffset == before) {
                throw new IOException(partition + " holds no whole batch at offset " + before);
            }
            bytes += chunk.sizeInBytes();
            return true;
        }

        private void replayBatch(MutableRecordBatch batch) {
            batch.ensureValid();
            for (Record each : batch) {
                records++;
                if (batch.isControlBatch()) {
                    replayMarker(batch, each);
                } else if (each.offset() >= nextOffset) {
                    replayRecord(batch, each);
                }
            }
            nextOffset = batch.nextOffset();
        }

        private void replayRecord(RecordBatch batch, Record each) {
            R decoded;
            try {
                decoded = deserializer.deserialize(each.key(), each.value());
            } catch (Deserializer.UnknownRecordTypeException e) {
                // Written by a newer broker before this one came back to the partition.
                log.warn(
                        "record of unknown type skipped partition={} offset={} type={}",
                        partition,
                        each.offset(),
                        e.unknownType());
                return;
            }
            if (decoded != null) {
                state.replay(each.offset(), batch.producerId(), batch.producerEpoch(), decoded);
            }
        }

        private void replayMarker(RecordBatch batch, Record each) {
            switch (ControlRecordType.parse(each.key())) {
                case COMMIT -> endTransaction(batch, TransactionResult.COMMIT);
                case ABORT -> endTransaction(batch, TransactionResult.ABORT);
                default -> log.debug("control record skipped partition={}", partition);
            }
        }

        private void endTransaction(RecordBatch batch, TransactionResult result) {
            state.replayEndTransactionMarker(batch.producerId(), batch.producerEpoch(), result);
        }

        /**
         * Every batch above the high watermark becomes a point the state can return to; below it,
         * one now and then is enough.
         */
        private void advanceWhileLoading(long highWatermark) {
            if (nextOffset >= highWatermark) {
                advance(nextOffset, highWatermark);
            } else if (nextOffset - committed >= COMMIT_INTERVAL_OFFSETS) {
                advance(nextOffset, nextOffset);
            }
        }

        /** The state starts at 0 by itself and takes no offset twice. */
        private void advance(long writtenTo, long committedTo) {
            if (writtenTo > written) {
                written = writtenTo;
                state.updateLastWrittenOffset(written);
            }
            if (committedTo > committed) {
                committed = Math.min(committedTo, written);
                state.updateLastCommittedOffset(committed);
            }
        }
    }
}
