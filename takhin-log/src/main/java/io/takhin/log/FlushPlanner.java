package io.takhin.log;

import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.log.file.SharedFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What has changed of a log since it was flushed last, and so what the next flush has to bring to
 * the disk. Where the last segment has only grown, that is a range of its bytes: the journal can
 * take it.
 *
 * <p>Threads: guarded by the log's lock, but for {@link #identityChanged}.
 */
final class FlushPlanner {
    private final LogState state;

    /** The segment that holds the durable end, and where in its file; null where not known. */
    private @Nullable Segment endSegment;

    private int endPosition;

    /** Something was cut off since the last plan. */
    private boolean cut;

    /** Whether the transactions of all segments may be unsynced, not only the last ones'. */
    private boolean firstPlan = true;

    /** Names, and whose the log is, may be unknown to the disk: all is new, or came by a crash. */
    private volatile boolean unsettled;

    FlushPlanner(LogState state, boolean unsettled) {
        this.state = state;
        this.unsettled = unsettled;
    }

    /** The partition's directory says something new about whose it is. */
    void identityChanged() {
        unsettled = true;
    }

    /** Something was cut off. */
    void cut() {
        endSegment = null;
        cut = true;
    }

    /** The journal may have what is not in the log: as after a cut. */
    void restored() {
        cut = true;
    }

    /**
     * @param durableEnd of the log
     * @param bytes of batches that are not durable
     */
    FlushPlan plan(long durableEnd, long bytes) {
        LogView view = state.view;
        List<Path> paths = changedPaths();
        if (isOnlyGrown(view) && paths.isEmpty()) {
            return planForGrowth(view, durableEnd, bytes);
        }
        List<Segment> closed = state.justClosed;
        state.justClosed = List.of();
        boolean afterCut = cut;
        cut = false;
        return new FlushPlan(
                state.directory,
                view,
                bytes,
                null,
                afterCut,
                closed,
                changedFiles(view, closed),
                paths);
    }

    /** Nothing but the last segment changed, and that only at its end. */
    private boolean isOnlyGrown(LogView view) {
        return state.justClosed.isEmpty()
                && !view.segments().isEmpty()
                && view.active() == endSegment
                && !view.active().hasUnsyncedTransactions();
    }

    private FlushPlan planForGrowth(LogView view, long durableEnd, long bytes) {
        Segment active = view.active();
        FlushPlan.Range range =
                new FlushPlan.Range(
                        active,
                        endPosition,
                        view.endPosition(),
                        durableEnd,
                        view.end(),
                        view.cuts());
        return new FlushPlan(
                state.directory,
                view,
                bytes,
                range,
                false,
                List.of(),
                List.of(active.file()),
                List.of());
    }

    private List<SharedFile> changedFiles(LogView view, List<Segment> closed) {
        List<SharedFile> files = new ArrayList<>();
        closed.forEach(segment -> files.addAll(segment.dataAndIndexes()));
        if (view.segments().isEmpty()) {
            return files;
        }
        if (!closed.contains(view.active())) {
            files.add(view.active().file());
        }
        List<Segment> changed = firstPlan ? view.segments() : closed;
        firstPlan = false;
        Stream.concat(changed.stream(), Stream.of(view.active()))
                .filter(Segment::hasUnsyncedTransactions)
                .map(Segment::transactions)
                .filter(TransactionIndex::takeUnsynced)
                .forEach(index -> files.add(index.file()));
        return files;
    }

    private List<Path> changedPaths() {
        List<Path> snapshots = state.snapshots.takeUnsynced();
        boolean epochs = state.epochs.takeUnsynced();
        if (snapshots.isEmpty() && !epochs && !unsettled && !state.namesChanged) {
            return List.of();
        }
        List<Path> paths = new ArrayList<>(snapshots);
        Path directory = state.directory;
        state.namesChanged |= !paths.isEmpty();
        if (epochs) {
            paths.add(directory.resolve(LeaderEpochs.NAME));
            state.namesChanged = true;
        }
        if (unsettled) {
            paths.add(directory.resolve(PartitionMetadataFile.NAME));
            paths.add(directory.getParent());
            state.namesChanged = true;
            unsettled = false;
        }
        if (state.namesChanged) {
            paths.add(directory);
            state.namesChanged = false;
        }
        return paths;
    }

    /** What the plan named is on the disk, and nothing was cut off meanwhile. */
    void completed(FlushPlan plan) {
        LogView flushed = plan.view();
        plan.closed().forEach(Segment::setNamed);
        endSegment = flushed.segments().isEmpty() ? null : flushed.active();
        if (endSegment != null) {
            endSegment.setNamed();
        }
        endPosition = flushed.endPosition();
    }
}
