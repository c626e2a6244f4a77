package io.takhin.log;

import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.SharedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes records away: at the end, where they differ from the leader's; or all of them. Those at the
 * start go by {@link LogStart}.
 *
 * <p>Threads: guarded by the log's lock.
 */
final class LogCutter {
    private final LogState state;
    private final LogDurability durability;

    LogCutter(LogState state, LogDurability durability) {
        this.state = state;
        this.durability = durability;
    }

    void truncateTo(long offset) throws IOException {
        LogView view = state.view;
        if (offset >= view.end()) {
            // An epoch that began here without records may contradict what the leader has.
            state.epochs.truncateFromEnd(view.end());
            return;
        }
        int kept = view.indexOf(offset);
        if (kept < 0) {
            restartAt(offset, offset);
            return;
        }
        forgetDurability(offset, Math.min(offset, view.start()));
        List<Segment> segments = new ArrayList<>(view.segments().subList(0, kept + 1));
        discardFromEnd(view.segments().subList(kept + 1, view.segments().size()));
        Segment active = segments.getLast();
        active.truncateTo(LogReader.positionOf(active, offset), offset);
        // Or a crash could leave what was cut off, and behind it what is written next.
        state.host.openFiles().patiently(active.file()::sync);
        // Snapshots of producer state go, and must not come back behind what is written next.
        state.namesChanged = true;
        state.publishCut(segments, Math.min(offset, view.start()), offset);
        state.epochs.truncateFromEnd(offset);
        state.writeEpochsWhenPossible();
        rebuildProducers(state, offset);
    }

    /**
     * Before anything is cut off: a start after a crash must look at what there is then, be it cut
     * or not or in part. It must not take records for deleted, either, that come after the cut.
     */
    private void forgetDurability(long offset, long start) throws IOException {
        state.withdrawAnnounced();
        durability.cutTo(offset, start);
        state.host
                .openFiles()
                .patiently(() ->
                        state.host.lowerCheckpoints(
                                state.partition,
                                offset,
                                durability.segmentsEnd(),
                                durability.durableStart()));
    }

    /** Sets producer state to what the records below the offset make of it. */
    static void rebuildProducers(LogState state, long offset) throws IOException {
        ProducerState producers = state.producers;
        state.snapshots.deleteAbove(offset);
        if (producers.isEmpty()) {
            // Without producers before the cut there are none after it.
            producers.setEndOffset(offset);
            return;
        }
        LogView view = state.view;
        producers.transactions().rebuild();
        state.host
                .openFiles()
                .patiently(() -> state.snapshots.load(producers, view.firstOffset(), offset));
        ProducerReplay.run(producers, view, ProducerReplay.STATE_ONLY);
        producers.transactions().rebuilt();
    }

    /**
     * The leader's log may start in the middle of a batch, after DeleteRecords: then the whole
     * batch comes, into a log that is empty and starts there too.
     */
    void makeRoomFor(long firstOffset) throws IOException {
        LogView view = state.view;
        if (firstOffset >= view.end()) {
            return;
        }
        if (view.start() != view.end()) {
            throw new IllegalArgumentException(
                    "offset " + firstOffset + " cannot follow " + (view.end() - 1));
        }
        restartAt(firstOffset, view.start());
    }

    /** Empties the log; the next record gets the offset. */
    void restartAt(long offset, long start) throws IOException {
        forgetDurability(offset, start);
        boolean hadSnapshots = !state.snapshots.isEmpty();
        discardFromEnd(state.view.segments());
        state.snapshots.deleteAll();
        if (hadSnapshots) {
            // One at the offset would be believed.
            state.syncDirectory();
        }
        state.epochs.clear();
        state.writeEpochsWhenPossible();
        state.producers.clear(offset);
        Segment opened =
                new Segment(
                        state.host.openFiles(),
                        state.directory,
                        offset,
                        0,
                        state.host.clock().wallMillis());
        opened.createFile();
        state.namesChanged = true;
        state.publishCut(List.of(opened), start, offset);
        durability.emptied(Math.min(offset, start));
    }

    /** Others are in the place of these segments, whose files are renamed already. */
    void forget(List<Segment> replaced, long keptSnapshot) throws IOException {
        List<Path> dead = new ArrayList<>();
        for (Segment segment : replaced) {
            if (segment.baseOffset() != keptSnapshot) {
                state.snapshots.delete(segment.baseOffset());
            }
            for (SharedFile file : segment.files()) {
                file.markDeleted();
                dead.add(file.path());
            }
        }
        state.host.removeLater(dead, state.config.fileDeleteDelay());
    }

    /** Whatever a crash leaves of them is in one piece with what is before. */
    private void discardFromEnd(List<Segment> segments) throws IOException {
        for (Segment last : segments.reversed()) {
            discard(last);
            state.syncDirectory();
            // Not before: until then the segment may come back, and be the first one.
            state.snapshots.delete(last.baseOffset());
        }
    }

    /** The view has it no more: its files get the names of what is to be removed. */
    void discard(Segment segment) throws IOException {
        state.justClosed = state.justClosed.stream().filter(closed -> closed != segment).toList();
        boolean hasAborted = !segment.transactions().isEmpty();
        List<Path> dead = new ArrayList<>();
        for (SharedFile file : segment.files()) {
            if (hasAborted && file == segment.transactions().file()) {
                // Or a crash could bring the batches back without what was rolled back of them.
                state.syncDirectory();
            }
            file.markDeleted();
            file.retireAs(file.suffix() + PartitionFiles.DELETED);
            dead.add(file.path());
        }
        state.host.removeLater(dead, state.config.fileDeleteDelay());
    }
}
