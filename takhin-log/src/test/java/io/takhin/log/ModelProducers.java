package io.takhin.log;

import io.takhin.log.SentBatch.Marker;
import io.takhin.log.SentBatch.Writer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.jspecify.annotations.Nullable;

/**
 * What all batches up to one say of their producers and transactions (KIP-98, KIP-890), worked out
 * apart from the log. Immutable.
 *
 * @param known by producer id
 * @param aborted by the offset of the marker, as Kafka's index has them
 */
record ModelProducers(Map<Long, Known> known, List<AbortedTransaction> aborted) {
    static final ModelProducers NONE = new ModelProducers(Map.of(), List.of());

    /**
     * One producer.
     *
     * @param lastBatch null where its epoch has none
     * @param lastBase the offset of that
     */
    record Known(ActiveProducer state, @Nullable SentBatch lastBatch, long lastBase) {
        boolean inTransaction() {
            return state.transactionStart() >= 0;
        }

        int nextSequence() {
            return (state.lastSequence() + 1) & Integer.MAX_VALUE;
        }
    }

    /** With one batch more. */
    ModelProducers then(SentBatch batch, long base) {
        Writer writer = batch.writer();
        if (writer.id() < 0) {
            return this;
        }
        Known before = known.get(writer.id());
        Marker marker = batch.marker();
        if (marker == null) {
            return with(written(before, batch, base));
        }
        ModelProducers after = with(ended(before, batch, marker));
        return before != null && before.inTransaction() && marker.type() == ControlRecordType.ABORT
                ? after.rolledBack(before.state, base)
                : after;
    }

    private ModelProducers with(Known one) {
        Map<Long, Known> changed = new HashMap<>(known);
        changed.put(one.state.producerId(), one);
        return new ModelProducers(Map.copyOf(changed), aborted);
    }

    private static Known written(@Nullable Known before, SentBatch batch, long base) {
        Writer writer = batch.writer();
        long open = before == null ? -1 : before.state.transactionStart();
        ActiveProducer state =
                new ActiveProducer(
                        writer.id(),
                        (short) writer.epoch(),
                        batch.lastSequence(),
                        batch.maxTime(),
                        before == null ? -1 : before.state.coordinatorEpoch(),
                        writer.transactional() && open < 0 ? base : open);
        return new Known(state, batch, base);
    }

    private static Known ended(@Nullable Known before, SentBatch batch, Marker marker) {
        Writer writer = batch.writer();
        // A marker of a new epoch leaves nothing remembered.
        Known kept = before != null && before.state.epoch() == writer.epoch() ? before : null;
        ActiveProducer state =
                new ActiveProducer(
                        writer.id(),
                        (short) writer.epoch(),
                        kept == null ? -1 : kept.state.lastSequence(),
                        batch.maxTime(),
                        marker.coordinatorEpoch(),
                        -1);
        return kept == null
                ? new Known(state, null, -1)
                : new Known(state, kept.lastBatch, kept.lastBase);
    }

    /** The last stable offset that the index keeps does not know of replicas. */
    private ModelProducers rolledBack(ActiveProducer ended, long markerOffset) {
        long open = firstOpen();
        List<AbortedTransaction> more = new ArrayList<>(aborted);
        more.add(
                new AbortedTransaction(
                        ended.producerId(),
                        ended.transactionStart(),
                        markerOffset,
                        open < 0 ? markerOffset + 1 : open));
        return new ModelProducers(known, List.copyOf(more));
    }

    /** Where the first open transaction begins; -1 where none is open. */
    long firstOpen() {
        return known.values().stream()
                .filter(Known::inTransaction)
                .mapToLong(each -> each.state.transactionStart())
                .min()
                .orElse(-1);
    }

    List<ActiveProducer> states() {
        return known.values().stream().map(Known::state).toList();
    }
}
