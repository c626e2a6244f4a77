package io.takhin.log;

import io.takhin.log.LogCleaning.LastRecord;
import java.util.Map;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;

/**
 * Which batches and records stay when a log is compacted (Kafka's {@code Cleaner.cleanInto};
 * KIP-534 for the horizons of tombstones and markers). Must meet the log's batches in their order,
 * each once.
 *
 * <p>Threads: one.
 */
final class CompactionFilter extends RecordFilter {
    private final OffsetMap map;
    private final CleanedTransactions transactions;
    private final long sectionEnd;
    private Map<Long, LastRecord> lastRecords = Map.of();
    private boolean batchGoes;

    /**
     * @param sectionEnd the offset at which the dirty section ends
     */
    CompactionFilter(
            OffsetMap map,
            CleanedTransactions transactions,
            long sectionEnd,
            long nowMillis,
            long tombstoneMillis) {
        super(nowMillis, tombstoneMillis);
        this.map = map;
        this.transactions = transactions;
        this.sectionEnd = sectionEnd;
    }

    /** Whose last batches must stay, for their sequence numbers or their epoch. */
    void keepLastOf(Map<Long, LastRecord> producers) {
        lastRecords = producers;
    }

    @Override
    protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
        boolean ended = batch.isControlBatch() && transactions.isEmpty(batch);
        batchGoes =
                batch.isControlBatch()
                        ? ended && horizonPassed(batch)
                        : transactions.isAborted(batch);
        return new BatchRetentionResult(retention(batch), ended);
    }

    private BatchRetention retention(RecordBatch batch) {
        if (isLastOfProducer(batch) || batch.nextOffset() == sectionEnd) {
            return BatchRetention.RETAIN_EMPTY;
        }
        return batchGoes ? BatchRetention.DELETE : BatchRetention.DELETE_EMPTY;
    }

    private boolean isLastOfProducer(RecordBatch batch) {
        @Nullable LastRecord last =
                batch.hasProducerId() ? lastRecords.get(batch.producerId()) : null;
        if (last == null) {
            return false;
        }
        return last.dataOffset() >= 0
                ? batch.lastOffset() == last.dataOffset()
                : batch.isControlBatch() && batch.producerEpoch() == last.epoch();
    }

    /** A mark stays readable for a while after it was first met, so that no reader misses it. */
    private boolean horizonPassed(RecordBatch batch) {
        return batch.deleteHorizonMs().isPresent()
                && batch.deleteHorizonMs().getAsLong() <= currentTime;
    }

    @Override
    protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
        if (batchGoes) {
            return false;
        }
        if (batch.isControlBatch() || record.offset() > map.latestOffset()) {
            return true;
        }
        if (!record.hasKey()) {
            // From before the topic was compacted: no later record could ever replace it.
            return false;
        }
        boolean latest = record.offset() >= map.get(record.key());
        return latest && (record.hasValue() || !horizonPassed(batch));
    }
}
