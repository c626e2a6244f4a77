package io.takhin.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.log.checkpoint.CleanerOffsets;
import io.takhin.log.checkpoint.GapOffsets;
import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;

/**
 * The recovery points, log starts, cleaner's and gap offsets of one directory, as its files have
 * them.
 *
 * <p>Threads: any.
 */
final class Checkpoints {
    private final Path root;
    private final Runnable later;
    private final CleanerOffsets cleanerOffsets;
    private final GapOffsets gapOffsets = new GapOffsets();
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Map<TopicPartition, Long> writtenStarts;

    private volatile Map<TopicPartition, Long> writtenPoints;

    /**
     * @param later sees to it that {@link #write} is called again: there was no space for something
     */
    Checkpoints(Path root, Runnable later) throws IOException {
        this.root = root;
        this.later = later;
        writtenPoints =
                OffsetCheckpoint.readOrNothing(
                        root.resolve(OffsetCheckpoint.RECOVERY_POINTS),
                        "nothing is taken to be on the disk: after a crash all records are checked");
        writtenStarts =
                OffsetCheckpoint.readOrNothing(
                        root.resolve(OffsetCheckpoint.LOG_STARTS),
                        "records that were deleted up to an offset inside of a segment are back");
        cleanerOffsets = new CleanerOffsets(root);
    }

    /** The logs were read back: their names serve here, too, instead of others that are equal. */
    void shareNames(Collection<PartitionLog> logs) {
        lock.lock();
        try {
            Map<TopicPartition, Long> points = HashMap.newHashMap(writtenPoints.size());
            for (PartitionLog log : logs) {
                Long point = writtenPoints.get(log.topicPartition());
                if (point != null) {
                    points.put(log.topicPartition(), point);
                }
            }
            writtenPoints.forEach(points::putIfAbsent);
            writtenPoints = Map.copyOf(points);
        } finally {
            lock.unlock();
        }
    }

    CleanerOffsets cleanerOffsets() {
        return cleanerOffsets;
    }

    GapOffsets gapOffsets() {
        return gapOffsets;
    }

    long recoveryPoint(TopicPartition partition) {
        return writtenPoints.getOrDefault(partition, 0L);
    }

    long logStart(TopicPartition partition) {
        lock.lock();
        try {
            return writtenStarts.getOrDefault(partition, 0L);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Forgets a log that is gone, before another one has its name: where it ended and began, and
     * how far it was compacted, says nothing of the new one. Durable when it returns.
     *
     * @param logs all but that one
     */
    void forget(TopicPartition partition, Collection<PartitionLog> logs) throws IOException {
        cleanerOffsets.lower(partition, 0);
        // Whoever is about to raise that of the log that is gone comes first.
        gapOffsets.lower(root.resolve(PartitionFiles.directoryOf(partition)), 0);
        lock.lock();
        try {
            if (recoveryPoint(partition) > 0 || logStart(partition) > 0) {
                write(logs);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sees to it that no start believes more of a log than is left of it. Durable when it returns.
     *
     * @param cut the offset of the next record
     * @param end of what is left and durable
     * @param start of what is left; the log itself says all three already
     */
    void lower(
            TopicPartition partition, long cut, long end, long start, Collection<PartitionLog> logs)
            throws IOException {
        cleanerOffsets.lower(partition, cut);
        gapOffsets.lower(root.resolve(PartitionFiles.directoryOf(partition)), cut);
        // Whoever is writing now may have asked the log before it was cut: that comes first.
        lock.lock();
        try {
            if (recoveryPoint(partition) > end || logStart(partition) > start) {
                write(logs);
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void writePoints(Map<TopicPartition, Long> points) throws IOException {
        Path file = root.resolve(OffsetCheckpoint.RECOVERY_POINTS);
        try {
            DurablePaths.change(root, () -> OffsetCheckpoint.write(file, points));
            // Not before: compaction takes it for what the next start knows.
            writtenPoints = Map.copyOf(points);
        } catch (IOException e) {
            boolean tooHigh =
                    writtenPoints.entrySet().stream()
                            .anyMatch(written ->
                                    points.getOrDefault(written.getKey(), 0L) < written.getValue());
            if (!tooHigh || !ShortageException.isOfSpace(e)) {
                throw e;
            }
            // On a full disk the old file may stay, unless it claims too much: a start without one
            // checks everything.
            DurablePaths.change(root, () -> Files.deleteIfExists(file));
            writtenPoints = Map.of();
            later.run();
        }
    }

    /** Durable when it returns. Does nothing where nothing changed. */
    void write(Collection<PartitionLog> logs) throws IOException {
        lock.lock();
        try {
            Map<TopicPartition, Long> points = HashMap.newHashMap(logs.size());
            Map<TopicPartition, Long> starts = new HashMap<>();
            for (PartitionLog log : logs) {
                points.put(log.topicPartition(), log.recoveryPoint());
                if (log.hasStartOfItsOwn()) {
                    starts.put(log.topicPartition(), log.durability().durableStart());
                }
            }
            if (!points.equals(writtenPoints)) {
                writePoints(points);
            }
            if (!starts.equals(writtenStarts)) {
                Path file = root.resolve(OffsetCheckpoint.LOG_STARTS);
                DurablePaths.change(root, () -> OffsetCheckpoint.write(file, starts));
                writtenStarts = Map.copyOf(starts);
            }
            catchUp();
        } finally {
            lock.unlock();
        }
    }

    private void catchUp() throws IOException {
        try {
            cleanerOffsets.catchUp();
        } catch (IOException e) {
            if (!ShortageException.isOfSpace(e)) {
                throw e;
            }
            later.run();
        }
    }
}
