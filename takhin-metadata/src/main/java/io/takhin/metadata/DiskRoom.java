package io.takhin.metadata;

import io.takhin.base.Threads;
import io.takhin.log.StorageShortageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds room for writes of the metadata on a full disk: in the place of the ballast first. Then
 * they wait, for as long as it takes: to the quorum this node is a slow one, and goes on by itself
 * when there is space. Nothing was written when a write waits, so nothing can be counted.
 *
 * <p>Threads: any.
 */
final class DiskRoom {
    private static final Logger log = LoggerFactory.getLogger(DiskRoom.class);
    private static final long RETRY_MILLIS = 250;
    private static final Duration UNTIL_BALLAST = Duration.ofSeconds(1);
    private static final Duration WITH_BALLAST = Duration.ofSeconds(10);

    private static final String NO_SPACE =
            "the disk is full, also for metadata; delete records or other files there, or enlarge it";
    private static final String NO_DESCRIPTORS =
            "the process has no file descriptor left for metadata; raise the limit";

    private final Path directory;
    private final Ballast ballast;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile Runnable onLack = () -> {};
    private volatile @Nullable String lack;

    DiskRoom(Path directory) {
        this.directory = directory;
        this.ballast = new Ballast(directory);
    }

    /** From now on looks for space to take as ballast. */
    void keepBallast(MetadataTimer timer) {
        lookAfterBallast(timer, UNTIL_BALLAST);
    }

    private void lookAfterBallast(MetadataTimer timer, Duration delay) {
        // It may take the disk some time, which the timer does not have.
        Runnable look =
                () -> lookAfterBallast(timer, ballast.grow() ? WITH_BALLAST : UNTIL_BALLAST);
        timer.after(delay, () -> Threads.startVirtual("ballast", look));
    }

    /** Called on the writer's thread when it begins to wait. */
    void onLack(Runnable listener) {
        onLack = listener;
    }

    /** What is missing and what helps, for those who would have to wait; null while all is well. */
    @Nullable String lack() {
        return lack;
    }

    /**
     * Returns when the change was made.
     *
     * @param change throws a {@link StorageShortageException} when nothing of it was done
     * @throws StorageShortageException when the node stops before there is space
     */
    void write(Runnable change) {
        while (true) {
            try {
                change.run();
                break;
            } catch (StorageShortageException e) {
                if (!e.isOfSpace() || !ballast.release()) {
                    await(e);
                }
            }
        }
        if (lack != null) {
            lack = null;
            log.info("the metadata in {} are written again", directory);
        }
    }

    private void await(StorageShortageException shortage) {
        if (lack == null) {
            String advice =
                    "%s: %s".formatted(directory, shortage.isOfSpace() ? NO_SPACE : NO_DESCRIPTORS);
            lack = advice;
            log.error("{}; what would change the metadata is refused until then", advice, shortage);
            onLack.run();
        }
        try {
            if (stopped.await(RETRY_MILLIS, TimeUnit.MILLISECONDS)) {
                throw shortage;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw shortage;
        }
    }

    /** Nobody waits any more. */
    void stop() {
        stopped.countDown();
    }
}
