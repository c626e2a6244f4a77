package io.takhin.log;

import io.takhin.base.Clock;
import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.SharedFile;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the logs of one data directory share, and what flusher and housekeeper see of it: the place
 * where each finds the others.
 *
 * <p>Threads: any. Starts the flusher and the housekeeper.
 */
final class DirectoryHost implements LogHost, GroupCommit.Host, Housekeeper.Host, OpenFiles.Host {
    private static final Logger log = LoggerFactory.getLogger(DirectoryHost.class);
    private static final long SHORTAGE_SAID_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Path root;
    private final Clock clock;

    /** For files that are to be closed. */
    private final DiskSync restSync;

    private final Map<TopicPartition, PartitionLog> logs = new ConcurrentHashMap<>();
    private final Checkpoints checkpoints;
    private final DiskSpace space;
    private final StorageFaults faults;
    private final OpenFiles openFiles;
    private final AtomicLong shortageSaid = new AtomicLong(Long.MIN_VALUE);
    private final GroupCommit groupCommit;
    private final Housekeeper housekeeper;

    /**
     * @param openFilesMax see {@link OpenFiles}
     */
    DirectoryHost(
            Path root, LogDirectorySettings settings, FlushRule rule, int openFilesMax, Clock clock)
            throws IOException {
        this.root = root;
        this.clock = clock;
        this.openFiles = new OpenFiles(openFilesMax, this);
        this.restSync = new DiskSync(rule, openFiles);
        this.checkpoints = new Checkpoints(root, () -> housekeeper().checkpointSoon());
        this.space = new DiskSpace(root, DiskSpace.Store.of(root), settings.reserve());
        this.faults = new StorageFaults(root, space);
        this.groupCommit = new GroupCommit(this, rule, "log-flusher");
        this.housekeeper = new Housekeeper(this, settings);
        faults.onFailure(groupCommit::stop);
    }

    Map<TopicPartition, PartitionLog> logsByPartition() {
        return logs;
    }

    Checkpoints checkpoints() {
        return checkpoints;
    }

    DiskSpace space() {
        return space;
    }

    StorageFaults faults() {
        return faults;
    }

    GroupCommit groupCommit() {
        return groupCommit;
    }

    Housekeeper housekeeper() {
        return housekeeper;
    }

    boolean startsBelowItsCheckpoint(PartitionLog log) {
        return log.logStartOffset() < checkpoints.logStart(log.topicPartition());
    }

    @Override
    public OpenFiles openFiles() {
        return openFiles;
    }

    /** Returns when the housekeeper does nothing any more. */
    void stopHousekeeping() {
        housekeeper.stop();
    }

    /** Nobody opens a file any more. */
    void release() {
        restSync.close();
    }

    @Override
    public void sync(List<SharedFile> files) throws IOException {
        restSync.sync(files, root);
    }

    @Override
    public Clock clock() {
        return clock;
    }

    @Override
    public boolean isOnline() {
        return faults.isOnline();
    }

    @Override
    public void fail(IOException cause) {
        faults.fail(cause);
    }

    @Override
    public boolean admits(int bytes, Origin origin) {
        return space.take(bytes, origin);
    }

    @Override
    public boolean hasRoomToRewrite(long bytes) {
        return space.hasRoomToRewrite(bytes);
    }

    @Override
    public boolean hasRoomToKeep(long bytes) {
        return space.hasRoomToKeep(bytes);
    }

    @Override
    public void shortage(IOException cause) {
        if (!ShortageException.isOfDescriptors(cause)) {
            space.full(cause);
            return;
        }
        try {
            var _ = openFiles.relieves(cause);
        } catch (IOException e) {
            faults.fail(e);
        }
    }

    @Override
    public void roomWanted() {
        housekeeper.prepareRoom();
    }

    @Override
    public void lacksDescriptors(IOException cause) {
        long now = clock.nanos();
        long said = shortageSaid.get();
        boolean due = said == Long.MIN_VALUE || now - said > SHORTAGE_SAID_NANOS;
        if (due && shortageSaid.compareAndSet(said, now)) {
            log.error(
                    "the process has no file descriptor left, {} waits for one: raise the limit"
                            + " (ulimit -n, LimitNOFILE=) or lower kafka.max.connections: {}",
                    root,
                    cause.getMessage());
        }
    }

    @Override
    public void damaged(TopicPartition partition, String where) {
        faults.damaged(partition, where);
    }

    @Override
    public void requestFlush(PartitionLog dirty) {
        groupCommit.commit(dirty);
    }

    @Override
    public void flush(PartitionLog dirty) {
        groupCommit.commitAndWait(dirty);
    }

    @Override
    public void unflushed(PartitionLog dirty) {
        housekeeper.watchAge(dirty);
        housekeeper.checkpointSoon();
    }

    @Override
    public void startMoved(PartitionLog moved) {
        groupCommit.commit(moved);
        housekeeper.checkpointSoon();
    }

    @Override
    public long writtenRecoveryPoint(TopicPartition partition) {
        return checkpoints.recoveryPoint(partition);
    }

    @Override
    public void removeLater(List<Path> files, Duration delay) {
        housekeeper.removeLater(files, delay);
    }

    @Override
    public void lowerCheckpoints(TopicPartition partition, long cut, long end, long start)
            throws IOException {
        checkpoints.lower(partition, cut, end, start, logs.values());
    }

    @Override
    public void writeRecoveryPoints() throws IOException {
        checkpoints.write(logs.values());
    }

    @Override
    public Collection<PartitionLog> logs() {
        return logs.values();
    }
}
