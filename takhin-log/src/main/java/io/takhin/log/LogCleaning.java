package io.takhin.log;

import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * One log, as those see it who take old records out of it: what they may ask, and the changes they
 * make. A change is refused when the segments are not any more those it was decided on.
 *
 * <p>Threads: any; changes take the log's lock.
 */
final class LogCleaning {
    private final LogState state;
    private final LogGuard guard;
    private final LogReader reader;
    private final LogCutter cutter;
    private final LogStart start;
    private final LogAppender appender;

    /**
     * The last batch of a producer that still writes.
     *
     * @param dataOffset of its last record; -1 where only its epoch is known, from a marker
     */
    record LastRecord(long dataOffset, short epoch) {}

    LogCleaning(
            LogState state,
            LogGuard guard,
            LogReader reader,
            LogCutter cutter,
            LogStart start,
            LogAppender appender) {
        this.state = state;
        this.guard = guard;
        this.reader = reader;
        this.cutter = cutter;
        this.start = start;
        this.appender = appender;
    }

    TopicPartition partition() {
        return state.partition;
    }

    Path directory() {
        return state.directory;
    }

    OpenFiles openFiles() {
        return state.host.openFiles();
    }

    LogConfig config() {
        return state.config;
    }

    LogView view() {
        return state.view;
    }

    long nowMillis() {
        return state.host.clock().wallMillis();
    }

    /** False once the log is deleted, or its directory offline. */
    boolean isOpen() {
        return state.isWritable();
    }

    /** Whether transaction indexes from before this process are believed only once checked. */
    boolean knowsOfTransactions() {
        return state.hasTransactions;
    }

    /** A batch of a transaction was met: from now on indexes are checked before they are asked. */
    void meetsTransaction() {
        state.hasTransactions = true;
    }

    /** Answers from the files; asked again when they are replaced meanwhile. */
    <T> T ask(LogReader.Search<T> question) {
        return guard.find(() -> reader.search(question));
    }

    /** Up to where a start after a crash believes the files, and does not write to them. */
    long recoveryPoint() {
        return state.host.writtenRecoveryPoint(state.partition);
    }

    /**
     * The disk does not do what it must: the directory goes offline. Unless the log was deleted
     * under the one who met the error, or there is no space, which may come back.
     */
    void failed(IOException e) {
        if (ShortageException.isCauseOf(e)) {
            state.host.shortage(e);
        } else if (!state.closed) {
            state.host.fail(e);
        }
    }

    /** Whether so many bytes may be written anew without taking what others will need. */
    boolean hasRoomToRewrite(long bytes) {
        return state.host.hasRoomToRewrite(bytes);
    }

    List<AbortedTransaction> abortedTransactions(long from, long to) throws IOException {
        return reader.abortedTransactions(from, to, true).orElseThrow();
    }

    Map<Long, LastRecord> lastRecords() {
        state.lock.lock();
        try {
            Map<Long, LastRecord> records = new HashMap<>();
            for (Producer producer : state.producers.producers()) {
                long offset = producer.hasBatches() ? producer.last().lastOffset() : -1;
                records.put(producer.id, new LastRecord(offset, producer.epoch));
            }
            return records;
        } finally {
            state.lock.unlock();
        }
    }

    /**
     * Drops the first segments; where that is all of them, the log goes on in a new one.
     *
     * @param end of the log when this was decided
     * @return false when the log has changed since
     * @throws KafkaStorageException when the log is offline, or there is no space for a new segment
     */
    boolean dropFirst(List<Segment> doomed, long end) {
        List<Segment> dropped = new ArrayList<>();
        guard.change(() -> {
            LogView view = state.view;
            boolean all = doomed.size() == view.segments().size();
            if (!begins(view.segments(), doomed) || (all && view.end() != end)) {
                return;
            }
            long upTo = view.endOf(doomed.size() - 1);
            if (all) {
                roll(upTo);
                // What names the log's end must be on the disk before the last file of records
                // leaves it.
                state.syncDirectory();
            }
            start.move(upTo);
            dropped.addAll(doomed);
        });
        start.dropBelow();
        return !dropped.isEmpty();
    }

    private static boolean begins(List<Segment> segments, List<Segment> first) {
        return first.size() <= segments.size() && segments.subList(0, first.size()).equals(first);
    }

    /** A log without space for another segment goes on in the one it has. */
    private void roll(long baseOffset) throws IOException {
        try {
            appender.roll(baseOffset);
        } catch (IOException e) {
            throw ShortageException.isCauseOf(e) ? new ShortageException(e) : e;
        }
    }

    /**
     * Closes the segment if it is still the active one, and has records.
     *
     * @throws KafkaStorageException when the log is offline, or there is no space for a new segment
     */
    void close(Segment active) {
        guard.change(() -> {
            LogView view = state.view;
            if (view.segments().contains(active)
                    && view.active() == active
                    && view.endPosition() > 0) {
                roll(view.end());
            }
        });
    }

    /**
     * Says on the disk, once the directory is synced, that a segment is to replace some others.
     *
     * @param cuts of the log when the old segments were read: one that was cut since may have lost
     *     records of them, and got others
     * @return false when they are not all in the log any more as they were
     */
    boolean announce(SegmentSwap swap, int cuts) throws IOException {
        state.lock.lock();
        try {
            if (!isOpen() || state.view.cuts() != cuts || indexOf(swap) < 0) {
                return false;
            }
            state.withdrawAnnounced();
            state.announced = swap;
            SegmentSwap.rename(swap.announcements());
            return true;
        } finally {
            state.lock.unlock();
        }
    }

    /** Where the old segments begin; -1 when they are not all there. */
    private int indexOf(SegmentSwap swap) {
        List<Segment> segments = state.view.segments();
        int at = segments.indexOf(swap.old().getFirst());
        return at >= 0 && begins(tail(segments, at), swap.old()) ? at : -1;
    }

    /** What was announced is not wanted any more; durable when it returns. */
    void withdraw(SegmentSwap swap) throws IOException {
        state.lock.lock();
        try {
            if (swap.equals(state.announced)) {
                state.withdrawAnnounced();
            }
        } finally {
            state.lock.unlock();
        }
    }

    /**
     * Puts a segment that is announced in the place of some others.
     *
     * @return false when it was withdrawn, because some of them went
     */
    boolean replace(SegmentSwap swap) {
        List<Segment> replaced = new ArrayList<>();
        guard.change(() -> {
            LogView view = state.view;
            if (!swap.equals(state.announced)) {
                return;
            }
            int at = indexOf(swap);
            int behind = at + swap.old().size();
            if (behind >= view.segments().size()) {
                throw new IllegalStateException("the active segment cannot be replaced");
            }
            List<Segment> segments = new ArrayList<>(view.segments().subList(0, at));
            segments.add(swap.cleaned());
            segments.addAll(tail(view.segments(), behind));
            // Before the names change: who finds a file gone looks for a newer view.
            state.view =
                    new LogView(
                            List.copyOf(segments),
                            view.start(),
                            view.end(),
                            view.endPosition(),
                            view.cuts());
            state.announced = null;
            SegmentSwap.retire(swap.removals());
            cutter.forget(swap.old(), swap.cleaned().baseOffset());
            replaced.addAll(swap.old());
        });
        return !replaced.isEmpty();
    }

    private static List<Segment> tail(List<Segment> segments, int from) {
        return segments.subList(from, segments.size());
    }

    /** Gives the files of a segment their final names, if it is still in the log. */
    void settle(SegmentSwap swap) {
        guard.change(() -> {
            if (state.view.segments().contains(swap.cleaned())) {
                SegmentSwap.rename(swap.arrivals());
            }
        });
    }

    void syncDirectory() throws IOException {
        state.syncDirectory();
    }

    /**
     * As {@link #syncDirectory}, when segments have been replaced: there is no way back, so that
     * also a want of space takes the directory offline.
     */
    void syncReplaced() {
        var _ =
                guard.find(() -> {
                    state.syncDirectory();
                    return true;
                });
    }

    /** Whether an exception only says that the log is not there any more. */
    boolean isGone(RuntimeException e) {
        return e instanceof KafkaStorageException && !isOpen();
    }
}
