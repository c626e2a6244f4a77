package io.takhin.log;

import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has gone wrong with a data directory. The first I/O error is final: after a failed fsync the
 * kernel may have dropped what was not written, and the next one would say that all is well. A full
 * disk passes, and a damaged batch concerns its readers alone.
 *
 * <p>Threads: any.
 */
final class StorageFaults {
    private static final Logger log = LoggerFactory.getLogger(StorageFaults.class);

    private final Path root;
    private final DiskSpace space;
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final LongAdder damagedBatches = new LongAdder();

    /** Who may be told by two at the same time: who fails, and who listens only then. */
    private static final class Listener {
        private final AtomicBoolean told = new AtomicBoolean();
        private final Runnable action;

        Listener(Runnable action) {
            this.action = action;
        }

        void tell() {
            if (told.compareAndSet(false, true)) {
                action.run();
            }
        }
    }

    StorageFaults(Path root, DiskSpace space) {
        this.root = root;
        this.space = space;
    }

    boolean isOnline() {
        return failure.get() == null;
    }

    /** Why the directory is offline. */
    Optional<IOException> failure() {
        return Optional.ofNullable(failure.get());
    }

    /** Called once when the directory goes offline, at once when it is. */
    void onFailure(Runnable action) {
        Listener listener = new Listener(action);
        listeners.add(listener);
        if (!isOnline()) {
            listener.tell();
        }
    }

    void fail(IOException cause) {
        if (failure.compareAndSet(null, cause)) {
            log.error("data directory {} is offline", root, cause);
            space.close();
            listeners.forEach(Listener::tell);
        }
    }

    void failUnlessShort(IOException cause) {
        if (ShortageException.isOfDescriptors(cause)) {
            log.error("{}: the process has no file descriptor left, raise the limit", root, cause);
        } else if (ShortageException.isCauseOf(cause)) {
            space.full(cause);
        } else {
            fail(cause);
        }
    }

    void damaged(TopicPartition partition, String where) {
        damagedBatches.increment();
        log.error(
                "partition {} is damaged: the batch in {} is not what was written; restore the"
                        + " file, or delete the records up to there",
                partition,
                where);
    }

    long damagedBatches() {
        return damagedBatches.sum();
    }
}
