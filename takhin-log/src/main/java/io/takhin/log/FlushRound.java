package io.takhin.log;

import io.takhin.log.journal.JournalFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes some logs durable together, and decides for each how: a few new bytes go to the journal,
 * where one sync makes all of them durable; everything else is synced where it lies.
 *
 * <p>Threads: the flusher's.
 */
final class FlushRound {
    private final FlushRule rule;
    private final GroupCommit.Host host;
    private final DiskSync disk;
    private final @Nullable Journal journal;
    private final FlushObserver observer;
    private final List<Part> toJournal = new ArrayList<>();
    private final List<Part> toSegments = new ArrayList<>();

    /** Logs that were cut while the round was at work: nothing is known of them. */
    private final Consumer<PartitionLog> again;

    private record Part(PartitionLog log, FlushPlan plan) {}

    FlushRound(
            FlushRule rule,
            DiskSync disk,
            GroupCommit.Host host,
            @Nullable Journal journal,
            FlushObserver observer,
            Consumer<PartitionLog> again) {
        this.rule = rule;
        this.host = host;
        this.disk = disk;
        this.journal = journal;
        this.observer = observer;
        this.again = again;
    }

    void flush(List<PartitionLog> logs) throws IOException {
        long startNanos = host.clock().nanos();
        long journalBytes = sort(logs);
        // The quick ones first: who waits for the journal need not wait for more.
        if (!writeJournal(journalBytes, startNanos)) {
            toSegments.addAll(toJournal);
        }
        toJournal.clear();
        if (!toSegments.isEmpty()) {
            syncSegments(startNanos);
            toSegments.clear();
        }
    }

    /** Returns how many bytes of entries would go to the journal. */
    private long sort(List<PartitionLog> logs) {
        long entryBytes = 0;
        for (PartitionLog log : logs) {
            if (log.isClosed()) {
                // Deleted: nobody waits for it any more.
                continue;
            }
            Part part = new Part(log, log.durability().plan());
            FlushPlan.Range range = part.plan.range();
            if (range == null || range.bytes() > rule.rangeBytesMax()) {
                toSegments.add(part);
            } else if (range.bytes() == 0) {
                complete(part, FlushObserver.Target.JOURNAL);
            } else {
                toJournal.add(part);
                entryBytes += JournalFormat.entryBytes(log.topicPartition(), range.bytes());
            }
        }
        return entryBytes;
    }

    /** False when the journal cannot take them. */
    private boolean writeJournal(long entryBytes, long startNanos) throws IOException {
        if (toJournal.isEmpty()) {
            return true;
        }
        if (journal == null || entryBytes > rule.roundBytesMax() || !journal.begin(entryBytes)) {
            return false;
        }
        int taken = 0;
        for (Part part : toJournal) {
            FlushPlan.Range range = part.plan.range();
            if (range != null && journal.add(part.log, range)) {
                toJournal.set(taken++, part);
            } else {
                again.accept(part.log);
            }
        }
        toJournal.subList(taken, toJournal.size()).clear();
        if (taken > 0) {
            journal.commit();
            completeAll(toJournal, FlushObserver.Target.JOURNAL, startNanos);
            toJournal.forEach(part -> settleSoon(journal, part.log));
        }
        return true;
    }

    private void settleSoon(Journal used, PartitionLog log) {
        if (log.durability().lag().bytes() >= rule.settleBytes()) {
            used.settleSoon(log);
        }
    }

    private void syncSegments(long startNanos) throws IOException {
        List<FlushPlan> plans = toSegments.stream().map(Part::plan).toList();
        boolean all = disk.sync(plans, journal == null ? 0 : journal.dirtyBytes());
        if (all && journal != null) {
            journal.allSynced();
        }
        forgetWhatWasCut();
        if (toSegments.stream().anyMatch(part -> part.log.durability().isRecoveryPointTooHigh())) {
            host.openFiles().patiently(host::writeRecoveryPoints);
        }
        completeAll(toSegments, FlushObserver.Target.SEGMENTS, startNanos);
    }

    /** Before anything behind a cut counts as durable, what was cut must not come back. */
    private void forgetWhatWasCut() throws IOException {
        if (journal == null || toSegments.stream().noneMatch(part -> part.plan.afterCut())) {
            return;
        }
        long oldest = journal.oldestGeneration();
        List<PartitionLog> cut =
                toSegments.stream()
                        .filter(part -> part.plan.afterCut())
                        .map(Part::log)
                        .filter(log -> log.durability().lag().hasEntriesSince(oldest))
                        .toList();
        if (cut.isEmpty()) {
            return;
        }
        long bytes = 0;
        for (PartitionLog log : cut) {
            bytes += JournalFormat.entryBytes(log.topicPartition(), 0);
        }
        if (!journal.beginForgetting(bytes)) {
            // No room to say so: then the entries themselves have to go.
            journal.drain();
            return;
        }
        journal.forget(cut);
        journal.commit();
    }

    private void completeAll(List<Part> parts, FlushObserver.Target target, long startNanos) {
        long bytes = 0;
        for (Part part : parts) {
            bytes += part.plan.bytes();
            complete(part, target);
        }
        observer.flushed(target, parts.size(), bytes, host.clock().nanos() - startNanos);
    }

    private void complete(Part part, FlushObserver.Target target) {
        if (!part.log.durability().complete(part.log, part.plan, target)) {
            again.accept(part.log);
        }
    }
}
