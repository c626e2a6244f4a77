package io.takhin.log.checkpoint;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.log.checkpoint.CheckpointFile.DamagedFileException;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Up to where the logs of a directory are compacted, where the next run of each begins: Kafka's
 * {@code cleaner-offset-checkpoint}, which may lag behind on a full disk. It also tells below which
 * offset Kafka may have taken some; what this program may have taken is in {@link GapOffsets}.
 *
 * <p>Threads: any.
 */
public final class CleanerOffsets {
    public static final String NAME = "cleaner-offset-checkpoint";
    private static final Logger log = LoggerFactory.getLogger(CleanerOffsets.class);

    private final Path root;
    private final Path file;
    private final boolean confirmed;
    private final boolean damaged;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<TopicPartition, Long> known;

    @GuardedBy("lock")
    private Map<TopicPartition, Long> written;

    /** Whether the file is still the damaged one. */
    @GuardedBy("lock")
    private boolean stale;

    /** Whether a power cut brings back no older file. */
    @GuardedBy("lock")
    private boolean named = true;

    public CleanerOffsets(Path root) throws IOException {
        this.root = root;
        this.file = root.resolve(NAME);
        this.confirmed = CleanStop.isMarked(root);
        Map<TopicPartition, Long> read = Map.of();
        boolean readable = true;
        try {
            read = OffsetCheckpoint.read(file);
        } catch (DamagedFileException e) {
            log.error(
                    "{}; compacted logs are compacted from their begin again, and any log may be a"
                            + " compacted one",
                    e.getMessage());
            readable = false;
        }
        this.damaged = !readable;
        this.stale = damaged;
        this.written = Map.copyOf(read);
        this.known = new HashMap<>(read);
    }

    /**
     * Whether the process before this one stopped in order. Else the file may be from another
     * moment than the logs, as in a copy of a running broker: what lies below an offset may not be
     * compacted.
     */
    public boolean areConfirmed() {
        return confirmed;
    }

    /** False where the file was damaged, and any log may have been compacted. */
    public boolean areKnown() {
        return !damaged;
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

    /**
     * Sees to it that no start takes what comes behind an offset for compacted. Durable when it
     * returns; does nothing where the file says no more than that.
     *
     * @param offset 0 for a log that is gone
     * @throws ShortageException on a full disk: nothing may be written there before it is done
     */
    public void lower(TopicPartition partition, long offset) throws IOException {
        lock.lock();
        try {
            known.computeIfPresent(
                    partition, (_, old) -> offset > 0 ? Long.valueOf(Math.min(old, offset)) : null);
            if (!named || written.getOrDefault(partition, 0L) > offset) {
                write();
            }
        } catch (IOException e) {
            throw ShortageException.isOfSpace(e) ? new ShortageException(e) : e;
        } finally {
            lock.unlock();
        }
    }

    /** Durable when it returns; does nothing where the file says it already. */
    @GuardedBy("lock")
    private void write() throws IOException {
        if (stale || !known.equals(written)) {
            OffsetCheckpoint.write(file, known);
            written = Map.copyOf(known);
            stale = false;
            named = false;
        }
        if (!named) {
            DurablePaths.sync(root);
            named = true;
        }
    }
}
