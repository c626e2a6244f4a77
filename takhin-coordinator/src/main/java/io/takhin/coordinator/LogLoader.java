package io.takhin.coordinator;

import io.takhin.base.Clock;
import io.takhin.base.Threads;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
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

    private final CoordinatorLogs logs;
    private final Deserializer<R> deserializer;
    private final Clock clock;
    private final ExecutorService executor = Threads.virtualExecutor("coordinator-load");
    private volatile boolean closed;

    LogLoader(CoordinatorLogs logs, Deserializer<R> deserializer, Clock clock) {
        this.logs = logs;
        this.deserializer = deserializer;
        this.clock = clock;
    }

    @Override
    public CompletableFuture<LoadSummary> load(
            TopicPartition partition, CoordinatorPlayback<R> state) {
        long asked = clock.wallMillis();
        return CompletableFuture.supplyAsync(() -> replay(partition, state, asked), executor);
    }

    /** Replays that are under way, or asked for later, end with an error at their next chunk. */
    @Override
    public void close() {
        closed = true;
    }

    private LoadSummary replay(
            TopicPartition partition, CoordinatorPlayback<R> state, long askedMillis) {
        long startMillis = clock.wallMillis();
        Replay replay = new Replay(partition, state);
        try {
            replay.run();
        } catch (IOException e) {
            throw new CompletionException(e);
        }
        return new LoadSummary(
                startMillis,
                clock.wallMillis(),
                startMillis - askedMillis,
                replay.records,
                replay.bytes);
    }

    private CoordinatorLog leading(TopicPartition partition) {
        CoordinatorLog found = closed ? null : logs.leading(partition);
        if (found == null) {
            throw new NotLeaderOrFollowerException(
                    "Stopped loading " + partition + ": this broker does not lead it any more");
        }
        return found;
    }

    /** One partition on its way from the log into the coordinator's state. */
    private final class Replay {
        private final TopicPartition partition;
        private final CoordinatorPlayback<R> state;
        private long nextOffset;
        private long written;
        private long committed;
        private long records;
        private long bytes;

        Replay(TopicPartition partition, CoordinatorPlayback<R> state) {
            this.partition = partition;
            this.state = state;
        }

        void run() throws IOException {
            nextOffset = leading(partition).startOffset();
            while (nextOffset < leading(partition).endOffset()) {
                if (!replayChunk(leading(partition))) {
                    break;
                }
            }
            CoordinatorLog source = leading(partition);
            advance(source.endOffset(), source.highWatermark());
        }

        /** Returns false when nothing is left, though the log's end lies further on. */
        private boolean replayChunk(CoordinatorLog source) throws IOException {
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
