package io.takhin.log.checkpoint;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;

/**
 * What the next start has to know of the compaction of a directory's logs:
 *
 * <ul>
 *   <li>up to where a log is compacted, where the next run begins: Kafka's {@code
 *       cleaner-offset-checkpoint};
 *   <li>below which offset compaction may have taken some, and a start after a crash looks for no
 *       loss. It is the larger one of the two while a run is under way, and when one did not get to
 *       its end. Kafka does not need it and would take it for the other, so it has a file of its
 *       own.
 * </ul>
 *
 * <p>Threads: any.
 */
public final class CleanerOffsets {
    public static final String NAME = "cleaner-offset-checkpoint";
    public static final String GAPS = "takhin.gap-offset-checkpoint";

    private final boolean confirmed;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final LaggingCheckpoint compacted;

    /** Says at least as much as the other: it is raised before a log is compacted. */
    @GuardedBy("lock")
    private final LaggingCheckpoint gaps;

    public CleanerOffsets(Path root) throws IOException {
        this.confirmed = CleanStop.isMarked(root);
        this.compacted =
                new LaggingCheckpoint(
                        root,
                        NAME,
                        "compacted logs are compacted from their begin again, and any log may be a"
                                + " compacted one");
        this.gaps = new LaggingCheckpoint(root, GAPS, "any log may be a compacted one");
        // Kafka may have been here, which keeps the first alone.
        gaps.raise(compacted.known());
    }

    /**
     * Whether the process before this one stopped in order. Else the file may be from another
     * moment than the logs, as in a copy of a running broker: what lies below an offset may not be
     * compacted.
     */
    public boolean areConfirmed() {
        return confirmed;
    }

    /** 0 for a log that was never compacted. */
    public long of(TopicPartition partition) {
        lock.lock();
        try {
            return compacted.of(partition);
        } finally {
            lock.unlock();
        }
    }

    /** Below it compaction may have taken offsets; 0 for a log that was never compacted. */
    public long gapsBelow(TopicPartition partition) {
        lock.lock();
        try {
            return gaps.of(partition);
        } finally {
            lock.unlock();
        }
    }

    /** False where a damaged file may have said more: any log may have been compacted. */
    public boolean areGapsKnown() {
        lock.lock();
        try {
            return !compacted.isDamaged() && !gaps.isDamaged();
        } finally {
            lock.unlock();
        }
    }

    /** What this start took for compaction's is so for the next; durable with the next write. */
    public void acceptGaps(TopicPartition partition, long below) {
        lock.lock();
        try {
            gaps.raise(Map.of(partition, below));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Some logs are going to be compacted: below these offsets some will be missing. Durable when
     * it returns.
     *
     * @param below as with {@link #set}
     */
    public void expectGaps(Supplier<Map<TopicPartition, Long>> below) throws IOException {
        lock.lock();
        try {
            gaps.raise(below.get());
            gaps.write();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sets the offsets of some logs. Durable when it returns; does nothing where nothing changed.
     *
     * @param offsets asked when no other change is on its way: a log that is cut, or gone, says so
     *     before {@link #lower} is called
     */
    public void set(Supplier<Map<TopicPartition, Long>> offsets) throws IOException {
        lock.lock();
        try {
            compacted.put(offsets.get());
            write();
        } finally {
            lock.unlock();
        }
    }

    /** Makes up for what there was no space for. */
    public void catchUp() throws IOException {
        lock.lock();
        try {
            write();
        } finally {
            lock.unlock();
        }
    }

    /** A damaged file may be replaced only when the other one says what it may have said. */
    @GuardedBy("lock")
    private void write() throws IOException {
        gaps.write();
        compacted.write();
    }

    /**
     * Sees to it that no start takes what is missing behind an offset for compacted, or what the
     * journal has of it for what compaction took. Durable when it returns; does nothing where the
     * files say no more than that.
     *
     * @param offset 0 for a log that is gone
     * @throws ShortageException on a full disk: nothing may be written there before it is done
     */
    public void lower(TopicPartition partition, long offset) throws IOException {
        lower(partition, offset, offset);
    }

    /** As {@link #lower}, of a log that ends before its entry: it is not the one that was meant. */
    public void drop(TopicPartition partition, long end) throws IOException {
        lower(partition, 0, end);
    }

    private void lower(TopicPartition partition, long compactedBelow, long gapsBelow)
            throws IOException {
        lock.lock();
        try {
            boolean areGapsLower = gaps.lower(partition, gapsBelow);
            if (compacted.lower(partition, compactedBelow)) {
                writeLowerCompacted();
            }
            if (areGapsLower) {
                writeLowerGaps();
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void writeLowerGaps() throws IOException {
        try {
            gaps.write();
        } catch (IOException e) {
            throw ShortageException.isOfSpace(e) ? new ShortageException(e) : e;
        }
    }

    /**
     * On a full disk the old file may not stay, as it claims too much: without one logs are
     * compacted from their begin. What it says of gaps must be in the other one then.
     */
    @GuardedBy("lock")
    private void writeLowerCompacted() throws IOException {
        try {
            compacted.write();
        } catch (IOException e) {
            if (!ShortageException.isOfSpace(e) || !gaps.covers(compacted.known())) {
                throw e;
            }
            compacted.delete();
        }
    }
}
