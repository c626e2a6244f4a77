package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;

/**
 * Whether a transaction index that does not name what the batches do is right all the same.
 * Compaction takes records away that were rolled back, and leaves the entry as it was: with a first
 * offset, or a last stable one, that no batch has any more. Such an entry is harmless wherever no
 * batch of its producer lies in what it names too much. Later it takes the entry as well, and the
 * marker stays for a while: no reader needs an entry of which no records are left.
 *
 * <p>Threads: one.
 */
final class CompactionTraces {
    private final List<AbortedTransaction> entries;

    /** Offsets that entries name. */
    private final NavigableSet<Long> named = new TreeSet<>();

    /** Those that a batch has. */
    private final Set<Long> held = new HashSet<>();

    /** Where producers of entries have a batch with records, or a marker. */
    private final Map<Long, NavigableSet<Long>> batches = new HashMap<>();

    /** Producers by the offset of their marker. */
    private final Map<Long, Long> abortMarkers = new HashMap<>();

    /**
     * @param from offset of the first batch that is told of; what lies before it, compaction has
     *     not changed in the snapshot that tells of it
     */
    CompactionTraces(List<AbortedTransaction> entries, long from) {
        this.entries = entries;
        for (AbortedTransaction entry : entries) {
            named.add(entry.firstOffset());
            named.add(entry.lastStableOffset());
            batches.put(entry.producerId(), new TreeSet<>());
        }
        held.addAll(named.headSet(from));
    }

    /** To be told of every batch. */
    void add(ByteBuffer headers, int at) {
        if (entries.isEmpty()) {
            return;
        }
        long base = BatchHeader.baseOffset(headers, at);
        held.addAll(named.subSet(base, true, BatchHeader.lastOffset(headers, at), true));
        NavigableSet<Long> own = batches.get(BatchHeader.producerId(headers, at));
        if (own != null && BatchHeader.recordCount(headers, at) > 0) {
            own.add(base);
        }
    }

    void addMarker(ByteBuffer batch) {
        for (Record record : MemoryRecords.readableRecords(batch).records()) {
            if (ControlRecordType.parse(record.key()) == ControlRecordType.ABORT) {
                abortMarkers.put(record.offset(), BatchHeader.producerId(batch, 0));
            }
        }
    }

    /**
     * Whether all entries are right; for those that may be missing, see {@link #missing}.
     *
     * @param said what the batches say of the same segment
     */
    boolean explain(List<AbortedTransaction> said) {
        Map<Long, AbortedTransaction> byMarker = new HashMap<>();
        said.forEach(each -> byMarker.put(each.lastOffset(), each));
        for (AbortedTransaction entry : entries) {
            AbortedTransaction same = byMarker.get(entry.lastOffset());
            Long producer = abortMarkers.remove(entry.lastOffset());
            if (producer == null
                    || producer != entry.producerId()
                    || !isExplained(entry, same == null ? entry.lastOffset() : same.firstOffset())
                    || !(same == null || isStableEndExplained(entry, same))) {
                return false;
            }
        }
        return true;
    }

    /**
     * What the batches say and no entry does: right only where no batch {@link #isOf} it.
     *
     * @param said what the batches say of the same segment
     */
    List<AbortedTransaction> missing(List<AbortedTransaction> said) {
        Set<Long> there = new HashSet<>();
        entries.forEach(entry -> there.add(entry.lastOffset()));
        return said.stream().filter(each -> !there.contains(each.lastOffset())).toList();
    }

    /** Whether a batch has records of one of the transactions. */
    static boolean isOf(List<AbortedTransaction> transactions, ByteBuffer headers, int at) {
        long producer = BatchHeader.producerId(headers, at);
        long base = BatchHeader.baseOffset(headers, at);
        long last = BatchHeader.lastOffset(headers, at);
        return BatchHeader.recordCount(headers, at) > 0
                && transactions.stream()
                        .anyMatch(each ->
                                each.producerId() == producer
                                        && last >= each.firstOffset()
                                        && base < each.lastOffset());
    }

    /**
     * @param first where the producer's batches begin that are left, or where its marker is
     */
    private boolean isExplained(AbortedTransaction entry, long first) {
        if (entry.firstOffset() == first) {
            return true;
        }
        NavigableSet<Long> own = batches.getOrDefault(entry.producerId(), new TreeSet<>());
        return entry.firstOffset() < first
                && !held.contains(entry.firstOffset())
                && own.subSet(entry.firstOffset(), first).isEmpty();
    }

    private boolean isStableEndExplained(AbortedTransaction entry, AbortedTransaction same) {
        return entry.lastStableOffset() == same.lastStableOffset()
                || (entry.lastStableOffset() < same.lastStableOffset()
                        && !held.contains(entry.lastStableOffset()));
    }
}
