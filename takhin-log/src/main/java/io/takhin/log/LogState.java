package io.takhin.log;

import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The parts of one log, and the lock that guards them: held while offsets are given and bytes are
 * written, never while waiting. What is not volatile is touched only under it; {@link #epochs} and
 * the transactions of {@link #producers} may be asked by anybody.
 */
final class LogState {
    final ReentrantLock lock = new ReentrantLock();
    final TopicPartition partition;
    final LogHost host;
    final LeaderEpochs epochs;

    final ProducerState producers;

    final ProducerSnapshots snapshots;

    /** Set once the log is deleted or its directory closed: nothing is written any more. */
    volatile boolean closed;

    /** Some of the log's batches belong to transactions; false where nobody has met one yet. */
    volatile boolean hasTransactions;

    /** Whether {@link EpochCheck} has held the epochs against the batches. */
    volatile boolean epochsChecked;

    volatile LogConfig config;
    volatile LogView view;
    volatile Path directory;

    /** Segments that were closed since the last flush. Anybody may ask whether there are some. */
    volatile List<Segment> justClosed = List.of();

    /** The old segments are in the log, and the next start would take this one for them. */
    @Nullable SegmentSwap announced;

    /** Whether names in the partition's directory changed since the last flush. */
    boolean namesChanged;

    LogState(LogHost host, LogConfig config, Loaded loaded) {
        this.host = host;
        this.config = config;
        this.partition = loaded.partition;
        this.directory = loaded.directory;
        this.epochs = loaded.epochs;
        this.producers = loaded.producers;
        this.snapshots = loaded.snapshots;
        this.view = loaded.view;
        this.epochsChecked = view.segments().isEmpty();
        this.hasTransactions =
                loaded.producers.producers().stream().anyMatch(Producer::hadTransactions);
    }

    /** What was found on disk, or an empty beginning. */
    record Loaded(
            TopicPartition partition,
            Path directory,
            LogView view,
            LeaderEpochs epochs,
            ProducerState producers,
            ProducerSnapshots snapshots) {}

    void noteClosed(Segment segment) {
        List<Segment> longer = new ArrayList<>(justClosed);
        longer.add(segment);
        justClosed = List.copyOf(longer);
    }

    /** After recovery: the next flush covers closed segments of which the disk may lack a part. */
    void noteDirty(long durableEnd) {
        int first = Math.max(0, view.indexOf(durableEnd));
        for (int i = 0; i < view.segments().size() - 1; i++) {
            Segment closed = view.segments().get(i);
            if (i >= first || closed.hasUnsettledIndexes()) {
                noteClosed(closed);
            }
        }
    }

    boolean isWritable() {
        return !closed && host.isOnline();
    }

    /** The names in the partition's directory are durable then. */
    void syncDirectory() throws IOException {
        host.openFiles().patiently(() -> DurablePaths.sync(directory));
    }

    /** Before a segment goes: else what would replace it could bring its records back. */
    void withdrawAnnounced() throws IOException {
        SegmentSwap swap = announced;
        if (swap != null) {
            SegmentSwap.retire(swap.withdrawals());
            syncDirectory();
            announced = null;
        }
    }

    /**
     * Brings the epochs to their file after records were removed. On a full disk that may come
     * later: a file that knows too much is cut on recovery, and the next append needs it first.
     */
    void writeEpochsWhenPossible() throws IOException {
        try {
            epochs.write(directory);
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e)) {
                throw e;
            }
            host.shortage(e);
        }
    }

    /** After a cut: older views can no longer trust what they point to. */
    void publishCut(List<Segment> segments, long start, long end) {
        int position = segments.isEmpty() ? 0 : segments.getLast().size();
        view = new LogView(List.copyOf(segments), start, end, position, view.cuts() + 1);
    }
}
