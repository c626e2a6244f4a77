package io.takhin.log;

import io.takhin.log.Producer.RememberedBatch;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.jspecify.annotations.Nullable;

/**
 * What a log knows of its producers, so that a batch sent twice is written once, none is missing in
 * between, and a producer that was replaced writes no more (KIP-98, KIP-360, KIP-890).
 *
 * <p>Threads: guarded by the log's lock; {@link #transactions} may be asked by anybody.
 */
final class ProducerState {
    /** Immutable while there are none or one, which is so for most of many partitions. */
    private Map<Long, Producer> producers = Map.of();

    private final Transactions transactions = new Transactions();
    private long endOffset;

    /** Takes transactions that were rolled back, as their markers are met. */
    @FunctionalInterface
    interface Aborted {
        void add(AbortedTransaction transaction) throws IOException;
    }

    /** What {@link #check} found: null means that the batch may be written. */
    sealed interface Verdict {
        record AlreadyWritten(RememberedBatch batch) implements Verdict {}

        record Refused(Errors error, String why) implements Verdict {}
    }

    Transactions transactions() {
        return transactions;
    }

    /** Everything below this offset is accounted for. */
    long endOffset() {
        return endOffset;
    }

    void setEndOffset(long offset) {
        endOffset = offset;
    }

    boolean isEmpty() {
        return producers.isEmpty();
    }

    /** Not the map's own view, which it would keep for each log. */
    Collection<Producer> producers() {
        return producers.entrySet().stream().map(Map.Entry::getValue).toList();
    }

    List<ActiveProducer> active() {
        return producers().stream().map(Producer::toActive).toList();
    }

    /** Whether a leader may write this batch; changes nothing. */
    @Nullable Verdict check(ByteBuffer batches, int at, Origin origin) {
        long id = BatchHeader.producerId(batches, at);
        Producer known = producers.get(id);
        if (known == null) {
            // A producer that is not known (any more) may begin anywhere: its records may have been
            // deleted, or it was idle for long.
            return null;
        }
        short epoch = BatchHeader.producerEpoch(batches, at);
        if (origin == Origin.CLIENT && epoch == known.epoch) {
            int same =
                    known.find(
                            BatchHeader.baseSequence(batches, at),
                            BatchHeader.lastSequence(batches, at));
            if (same >= 0) {
                return new Verdict.AlreadyWritten(known.batch(same));
            }
        }
        if (epoch < known.epoch) {
            return new Verdict.Refused(
                    Errors.INVALID_PRODUCER_EPOCH,
                    "producer " + id + " has epoch " + known.epoch + " and sent " + epoch);
        }
        if (BatchHeader.isControl(batches, at)) {
            return checkMarker(batches, at, known);
        }
        Verdict inSequence = origin == Origin.CLIENT ? checkSequence(batches, at, known) : null;
        return inSequence != null ? inSequence : checkTransaction(batches, at, known);
    }

    private @Nullable Verdict checkSequence(ByteBuffer batches, int at, Producer known) {
        int first = BatchHeader.baseSequence(batches, at);
        boolean newEpoch = BatchHeader.producerEpoch(batches, at) != known.epoch;
        int expected = newEpoch ? 0 : (known.lastSequence() + 1) & Integer.MAX_VALUE;
        if (first == expected) {
            return null;
        }
        return new Verdict.Refused(
                Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
                "producer " + known.id + " sent sequence " + first + " instead of " + expected);
    }

    private @Nullable Verdict checkTransaction(ByteBuffer batches, int at, Producer known) {
        return known.inOpenTransaction() && !BatchHeader.isTransactional(batches, at)
                ? new Verdict.Refused(
                        Errors.INVALID_TXN_STATE,
                        "producer " + known.id + " wrote outside of its open transaction")
                : null;
    }

    private @Nullable Verdict checkMarker(ByteBuffer batches, int at, Producer known) {
        Record record = firstRecord(batches, at);
        if (record == null) {
            return null;
        }
        int coordinatorEpoch = EndTransactionMarker.deserialize(record).coordinatorEpoch();
        return coordinatorEpoch < known.coordinatorEpoch
                ? new Verdict.Refused(
                        Errors.TRANSACTION_COORDINATOR_FENCED,
                        "coordinator epoch " + coordinatorEpoch + ", not " + known.coordinatorEpoch)
                : null;
    }

    /** Takes a batch that was written, whoever wrote it. */
    void update(ByteBuffer batches, int at, Aborted aborted) throws IOException {
        if (BatchHeader.hasProducerId(batches, at)) {
            long id = BatchHeader.producerId(batches, at);
            Producer producer = producers.get(id);
            if (producer == null) {
                producer = new Producer(id);
                add(producer);
            }
            if (BatchHeader.isControl(batches, at)) {
                applyMarker(batches, at, producer, aborted);
            } else {
                applyData(batches, at, producer);
            }
        }
        endOffset = BatchHeader.lastOffset(batches, at) + 1;
    }

    private void applyData(ByteBuffer batches, int at, Producer producer) {
        producer.enterEpoch(BatchHeader.producerEpoch(batches, at));
        producer.add(
                new RememberedBatch(
                        BatchHeader.lastSequence(batches, at),
                        BatchHeader.lastOffset(batches, at),
                        BatchHeader.lastOffsetDelta(batches, at),
                        BatchHeader.maxTimestamp(batches, at)));
        if (BatchHeader.isTransactional(batches, at) && !producer.inOpenTransaction()) {
            producer.transactionStart = BatchHeader.baseOffset(batches, at);
            transactions.begin(producer.transactionStart, producer.id);
        }
    }

    private void applyMarker(ByteBuffer batches, int at, Producer producer, Aborted aborted)
            throws IOException {
        Record record = firstRecord(batches, at);
        if (record == null) {
            // Compaction took the marker away: nothing of the transaction is left either.
            return;
        }
        EndTransactionMarker marker = EndTransactionMarker.deserialize(record);
        long offset = BatchHeader.baseOffset(batches, at);
        if (producer.inOpenTransaction()) {
            long first = producer.transactionStart;
            long stable = transactions.end(first, offset);
            if (marker.controlType() == ControlRecordType.ABORT) {
                aborted.add(new AbortedTransaction(producer.id, first, offset, stable));
            }
        }
        producer.enterEpoch(BatchHeader.producerEpoch(batches, at));
        producer.coordinatorEpoch = marker.coordinatorEpoch();
        producer.transactionStart = Producer.NO_TRANSACTION;
        producer.lastTimestamp = record.timestamp();
    }

    private static @Nullable Record firstRecord(ByteBuffer batches, int at) {
        if (BatchHeader.recordCount(batches, at) == 0) {
            return null;
        }
        ByteBuffer batch = batches.slice(at, BatchHeader.sizeInBytes(batches, at));
        return MemoryRecords.readableRecords(batch).records().iterator().next();
    }

    /** Takes what a snapshot held. */
    void load(Collection<Producer> loaded, long offset) {
        clear(offset);
        for (Producer producer : loaded) {
            add(producer);
            if (producer.inOpenTransaction()) {
                transactions.begin(producer.transactionStart, producer.id);
            }
        }
    }

    void clear(long offset) {
        producers = Map.of();
        transactions.clear();
        endOffset = offset;
    }

    /** Forgets producers that wrote nothing for long ({@code producer.id.expiration.ms}). */
    void expire(long nowMillis, long idleMillisMax) {
        List<Producer> kept =
                producers().stream()
                        .filter(producer ->
                                producer.inOpenTransaction()
                                        || nowMillis - producer.lastTimestamp < idleMillisMax)
                        .toList();
        if (kept.size() < producers.size()) {
            producers = Map.of();
            kept.forEach(this::add);
        }
    }

    private void add(Producer producer) {
        if (producers.isEmpty()) {
            producers = Map.of(producer.id, producer);
            return;
        }
        if (producers.size() == 1) {
            producers = new HashMap<>(producers);
        }
        producers.put(producer.id, producer);
    }
}
