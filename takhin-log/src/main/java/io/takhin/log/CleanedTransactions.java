package io.takhin.log;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Which batches belong to transactions that were rolled back, and which markers still have records,
 * for somebody who walks over a log in the order of its offsets (KIP-98; Kafka's {@code
 * CleanedTransactionMetadata}).
 *
 * <p>Threads: one.
 */
final class CleanedTransactions {
    private final PriorityQueue<AbortedTransaction> ahead =
            new PriorityQueue<>(Comparator.comparingLong(AbortedTransaction::firstOffset));

    /** By producer; with the offset of the last batch that was met, -1 where none was. */
    private final Map<Long, Aborted> aborted = new HashMap<>();

    /** Producers with batches of a transaction whose end has not been met. */
    private final Set<Long> withRecords = new HashSet<>();

    private final List<AbortedTransaction> stillNeeded = new ArrayList<>();

    private static final class Aborted {
        private final AbortedTransaction transaction;
        private boolean hasRecords;

        Aborted(AbortedTransaction transaction) {
            this.transaction = transaction;
        }
    }

    /** Those that have records, or their marker, in what comes next; some may be known already. */
    void add(List<AbortedTransaction> transactions) {
        ahead.addAll(transactions);
    }

    /** Whether the batch was rolled back: its records can go. */
    boolean isAborted(RecordBatch batch) {
        advanceTo(batch.lastOffset());
        if (!batch.isTransactional()) {
            return false;
        }
        Aborted transaction = aborted.get(batch.producerId());
        if (transaction == null) {
            withRecords.add(batch.producerId());
            return false;
        }
        transaction.hasRecords = true;
        return true;
    }

    /** Whether nothing was met of the transaction that this batch ends: the marker can go. */
    boolean isEmpty(RecordBatch marker) {
        advanceTo(marker.lastOffset());
        Iterator<Record> records = marker.iterator();
        if (!records.hasNext()) {
            // What ended is long gone; the batch was kept for its producer.
            return true;
        }
        return switch (ControlRecordType.parse(records.next().key())) {
            case ABORT -> endAborted(marker.producerId());
            case COMMIT -> !withRecords.remove(marker.producerId());
            default -> false;
        };
    }

    private boolean endAborted(long producerId) {
        Aborted transaction = aborted.remove(producerId);
        if (transaction == null || !transaction.hasRecords) {
            return true;
        }
        stillNeeded.add(transaction.transaction);
        return false;
    }

    /** Rolled back transactions whose marker was met and that had records; each is told once. */
    List<AbortedTransaction> takeStillNeeded() {
        List<AbortedTransaction> taken = List.copyOf(stillNeeded);
        stillNeeded.clear();
        return taken;
    }

    private void advanceTo(long offset) {
        while (!ahead.isEmpty() && ahead.peek().firstOffset() <= offset) {
            AbortedTransaction begun = ahead.remove();
            aborted.computeIfAbsent(begun.producerId(), id -> new Aborted(begun));
        }
    }
}
