package io.takhin.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.base.Clock;
import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.SharedFile;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A log that lives on its own and is flushed by whoever asks: the metadata quorum's.
 *
 * <p>Threads: any; one flush at a time.
 */
final class LoneHost implements LogHost, OpenFiles.Host {
    private static final Logger log = LoggerFactory.getLogger(LoneHost.class);

    /** Of one log: enough for a quorum's reads and its fetchers. */
    private static final int OPEN_FILES_MAX = 64;

    private final Clock clock;
    private final OpenFiles openFiles = new OpenFiles(OPEN_FILES_MAX, this);
    private final ReentrantLock flushing = new ReentrantLock();

    @GuardedBy("flushing")
    private final DiskSync disk = new DiskSync(FlushRule.FILE_BY_FILE, openFiles);

    private final Consumer<IOException> onFailure;
    private volatile @Nullable IOException failure;
    private volatile boolean shortageSaid;

    /**
     * @param onFailure told once of the error that takes the log offline, by the thread that met it
     */
    LoneHost(Clock clock, Consumer<IOException> onFailure) {
        this.clock = clock;
        this.onFailure = onFailure;
    }

    /**
     * Opens a log on its own; makes its directory where there is none.
     *
     * @param checkedBelow batches below this offset were seen to be whole; all others are checked,
     *     and cut off where one is not
     */
    static PartitionLog open(
            Path directory,
            TopicPartition partition,
            Uuid topicId,
            LogConfig config,
            LoneHost host,
            long checkedBelow)
            throws IOException {
        if (Files.notExists(directory)) {
            Files.createDirectories(directory);
            syncParent(directory);
        }
        if (!PartitionMetadataFile.read(directory).equals(topicId)) {
            // Or damaged: Kafka would refuse it.
            PartitionMetadataFile.rewrite(directory, topicId);
        }
        LogRecovery.Trust trust =
                new LogRecovery.Trust(
                        false,
                        checkedBelow,
                        0,
                        config.compacted() ? Long.MAX_VALUE : 0,
                        host.clock.wallMillis(),
                        Duration.ofMillis(Long.MAX_VALUE));
        LogState.Loaded loaded =
                new LogRecovery(
                                partition,
                                directory,
                                config,
                                host.openFiles,
                                trust,
                                LogRecovery.Recall.NOTHING)
                        .run();
        return new PartitionLog(host, config, topicId, loaded, new PartitionLog.Origins(0, false));
    }

    /** Snapshots and votes are written beside the log, and count before its first flush. */
    private static void syncParent(Path directory) throws IOException {
        Path parent = directory.getParent();
        if (parent != null) {
            DurablePaths.sync(parent);
        }
    }

    @Override
    public OpenFiles openFiles() {
        return openFiles;
    }

    @Override
    public Clock clock() {
        return clock;
    }

    @Override
    public boolean isOnline() {
        return failure == null;
    }

    @Override
    public void fail(IOException cause) {
        if (failure == null) {
            failure = cause;
            onFailure.accept(cause);
        }
    }

    @Override
    public boolean admits(int bytes, Origin origin) {
        return true;
    }

    @Override
    public boolean hasRoomToRewrite(long bytes) {
        return true;
    }

    @Override
    public void shortage(IOException cause) {
        // Of a full disk, whoever writes hears by an exception.
        if (ShortageException.isOfDescriptors(cause)) {
            lacksDescriptors(cause);
        }
    }

    @Override
    public void roomWanted() {
        // Its few files are synced as they are written.
    }

    @Override
    public void lacksDescriptors(IOException cause) {
        if (!shortageSaid) {
            shortageSaid = true;
            log.error("the process has no file descriptor left: raise the limit", cause);
        }
    }

    @Override
    public void sync(List<SharedFile> files) throws IOException {
        for (SharedFile file : files) {
            file.sync();
        }
    }

    @Override
    public void damaged(TopicPartition partition, String where) {
        log.error("partition {} is damaged: {}", partition, where);
    }

    @Override
    public void requestFlush(PartitionLog dirty) {
        flush(dirty);
    }

    @Override
    public void flush(PartitionLog dirty) {
        flushing.lock();
        try {
            FlushPlan plan;
            do {
                plan = dirty.durability().plan();
                disk.sync(List.of(plan), 0);
            } while (!dirty.durability().complete(dirty, plan, FlushObserver.Target.SEGMENTS));
        } catch (IOException e) {
            fail(e);
        } finally {
            flushing.unlock();
        }
    }

    @Override
    public void unflushed(PartitionLog dirty) {
        // Whoever opened the log alone says when it is flushed.
    }

    @Override
    public void startMoved(PartitionLog moved) {
        // There is no checkpoint of it.
    }

    @Override
    public long writtenRecoveryPoint(TopicPartition partition) {
        return 0;
    }

    @Override
    public void lowerCheckpoints(TopicPartition partition, long cut, long end, long start) {
        // There are none: a start checks everything.
    }

    @Override
    public void removeLater(List<Path> files, Duration delay) {
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                fail(e);
            }
        }
    }
}
