package io.takhin.log.checkpoint;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;

/**
 * Up to where the logs of a directory are compacted, as the next start finds it: Kafka's {@code
 * cleaner-offset-checkpoint}. A start after a crash takes what is missing below it for compacted.
 *
 * <p>Threads: any.
 */
public final class CleanerOffsets {
    public static final String NAME = "cleaner-offset-checkpoint";

    private final Path root;
    private final boolean confirmed;
    private final ReentrantLock lock = new ReentrantLock();

    /** What the file is to say: it may lag on a full disk. */
    @GuardedBy("lock")
    private final Map<TopicPartition, Long> known;

    @GuardedBy("lock")
    private Map<TopicPartition, Long> written;

    public CleanerOffsets(Path root) throws IOException {
        this.root = root;
        this.confirmed = CleanStop.isMarked(root);
        this.written =
                OffsetCheckpoint.readOrNothing(
                        root.resolve(NAME), "compacted logs are compacted from their begin again");
        this.known = new HashMap<>(written);
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
            return known.getOrDefault(partition, 0L);
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
            known.putAll(offsets.get());
            known.values().removeIf(offset -> offset <= 0);
            if (!known.equals(written)) {
                write();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sees to it that no start takes what is missing behind an offset for compacted. Durable when
     * it returns; does nothing where the file says no more than that.
     *
     * @param offset 0 for a log that is gone
     */
    public void lower(TopicPartition partition, long offset) throws IOException {
        lock.lock();
        try {
            known.computeIfPresent(
                    partition, (_, old) -> offset > 0 ? Long.valueOf(Math.min(old, offset)) : null);
            if (written.getOrDefault(partition, 0L) > offset) {
                writeLower();
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void writeLower() throws IOException {
        try {
            write();
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e) || ShortageException.isOfDescriptors(e)) {
                throw e;
            }
            // On a full disk the old file may not stay, as it claims too much: without one logs are
            // compacted from their begin.
            Files.deleteIfExists(root.resolve(NAME));
            DurablePaths.sync(root);
            written = Map.of();
        }
    }

    @GuardedBy("lock")
    private void write() throws IOException {
        OffsetCheckpoint.write(root.resolve(NAME), known);
        DurablePaths.sync(root);
        written = Map.copyOf(known);
    }
}
