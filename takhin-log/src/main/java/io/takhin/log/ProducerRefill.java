package io.takhin.log;

import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.SharedFile;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What recovery makes anew, on its way over a log's batches: the snapshots of producer state that
 * it removed, and the entries of transaction indexes behind the first batch that it scanned.
 *
 * <p>Threads: one.
 */
final class ProducerRefill implements ProducerReplay.Visitor {
    private final ProducerSnapshots snapshots;
    private final ProducerState producers;
    private final Map<Segment, List<AbortedTransaction>> aborted = new HashMap<>();

    ProducerRefill(ProducerSnapshots snapshots, ProducerState producers) {
        this.snapshots = snapshots;
        this.producers = producers;
    }

    @Override
    public void atBeginOf(Segment segment) throws IOException {
        if (segment.baseOffset() == 0) {
            return;
        }
        try {
            snapshots.take(producers);
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e)) {
                throw e;
            }
            // A full disk must not keep a broker from starting: the batches say the same.
        }
    }

    @Override
    public void aborted(Segment segment, AbortedTransaction transaction) {
        aborted.computeIfAbsent(segment, _ -> new ArrayList<>()).add(transaction);
    }

    /**
     * Of markers at the offset and behind it: there are none of these before.
     *
     * @param recoveryPoint the next start may not look below: what is written there is durable when
     *     this returns
     */
    void writeTransactions(LogView view, long from, long recoveryPoint) throws IOException {
        for (int i = Math.max(0, view.indexOf(from - 1)); i < view.segments().size(); i++) {
            Segment segment = view.segments().get(i);
            List<AbortedTransaction> behind =
                    aborted.getOrDefault(segment, List.of()).stream()
                            .filter(transaction -> transaction.lastOffset() >= from)
                            .toList();
            List<AbortedTransaction> missing = segment.transactions().recover(from, behind);
            if (!missing.isEmpty() && missing.getFirst().lastOffset() < recoveryPoint) {
                SharedFile file = segment.transactions().file();
                file.sync();
                DurablePaths.sync(file.directory());
            }
        }
    }
}
