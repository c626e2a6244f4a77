package io.takhin.log.checkpoint;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.log.file.DurablePaths;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;

/**
 * Up to where the logs of a directory are compacted, as the next start finds it: Kafka's {@code
 * cleaner-offset-checkpoint}.
 *
 * <p>Threads: any.
 */
public final class CleanerOffsets {
    public static final String NAME = "cleaner-offset-checkpoint";

    private final Path root;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Map<TopicPartition, Long> written;

    public CleanerOffsets(Path root) throws IOException {
        this.root = root;
        this.written =
                OffsetCheckpoint.readOrNothing(
                        root.resolve(NAME), "compacted logs are compacted from their begin again");
    }

    /** 0 for a log that was never compacted. */
    public long of(TopicPartition partition) {
        lock.lock();
        try {
            return written.getOrDefault(partition, 0L);
        } finally {
            lock.unlock();
        }
    }

    /** Durable when it returns. Does nothing where nothing changed. */
    public void write(Map<TopicPartition, Long> offsets) throws IOException {
        lock.lock();
        try {
            if (!offsets.equals(written)) {
                OffsetCheckpoint.write(root.resolve(NAME), offsets);
                DurablePaths.sync(root);
                written = Map.copyOf(offsets);
            }
        } finally {
            lock.unlock();
        }
    }
}
