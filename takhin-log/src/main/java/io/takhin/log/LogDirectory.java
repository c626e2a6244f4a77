package io.takhin.log;

import io.takhin.base.Clock;
import io.takhin.log.checkpoint.CleanStop;
import io.takhin.log.checkpoint.CleanerOffsets;
import io.takhin.log.checkpoint.GapOffsets;
import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.log.file.DeadFiles;
import io.takhin.log.file.DirectoryLock;
import io.takhin.log.file.PartitionFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InconsistentTopicIdException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One data directory: the logs in it, the lock that keeps other processes out, the flusher that
 * makes them durable, and the files that tell the next start where it stands.
 *
 * <p>The first I/O error takes the directory offline for the rest of the process' life: nothing is
 * written to it any more.
 *
 * <p>Threads: any. One flusher and one housekeeper a directory.
 */
public final class LogDirectory implements AutoCloseable {
    private static final Logger logger = LoggerFactory.getLogger(LogDirectory.class);
    private static final int CLOSED_TOGETHER = 500;

    private final Path root;
    private final DirectoryLock lock;
    private final OptionalLong epochOfCleanStop;
    private final DirectoryHost host;
    private final Map<TopicPartition, PartitionLog> logs;
    private final StorageFaults faults;
    private final LogRemoval removal;
    private final ReentrantLock changing = new ReentrantLock();
    private @Nullable Journal journal;
    private volatile boolean closed;

    LogDirectory(Path root, DirectoryLock lock, DirectoryHost host, OptionalLong epochOfCleanStop) {
        this.root = root;
        this.lock = lock;
        this.host = host;
        this.epochOfCleanStop = epochOfCleanStop;
        this.logs = host.logsByPartition();
        this.faults = host.faults();
        this.removal = new LogRemoval(root, host);
    }

    /**
     * Takes the directory for this process and reads back every log in it.
     *
     * @throws IOException also when another process has it
     */
    public static LogDirectory open(Path root, LogDirectorySettings settings, Clock clock)
            throws IOException {
        return open(root, settings, clock, RecoveryListener.NONE);
    }

    /** As {@link #open(Path, LogDirectorySettings, Clock)}, and says how far it has come. */
    public static LogDirectory open(
            Path root, LogDirectorySettings settings, Clock clock, RecoveryListener listener)
            throws IOException {
        return new DirectoryOpening(
                        root, settings, FlushRule.MEASURED, Descriptors.ofProcess().files(), clock)
                .run(listener);
    }

    static LogDirectory open(Path root, LogDirectorySettings settings, FlushRule rule, Clock clock)
            throws IOException {
        return open(root, settings, rule, Descriptors.ofProcess().files(), clock);
    }

    static LogDirectory open(
            Path root, LogDirectorySettings settings, FlushRule rule, int openFilesMax, Clock clock)
            throws IOException {
        return new DirectoryOpening(root, settings, rule, openFilesMax, clock)
                .run(RecoveryListener.NONE);
    }

    /** For the opening of the directory: before anything is written. */
    void use(Journal opened) {
        journal = opened;
    }

    public Path root() {
        return root;
    }

    /** The broker epoch under which the directory was last left in order; empty after a crash. */
    public OptionalLong brokerEpochOfCleanStop() {
        return epochOfCleanStop;
    }

    /**
     * The log of a partition; made where there is none: one directory and one small file, and more
     * with the first record.
     *
     * @throws InconsistentTopicIdException when the directory holds a log of another topic that had
     *     the same name
     * @throws KafkaStorageException when the directory is offline
     */
    public PartitionLog open(TopicPartition partition, Uuid topicId, LogConfig config) {
        changing.lock();
        try {
            if (!isOnline() || closed) {
                throw new KafkaStorageException("data directory " + root + " is offline");
            }
            PartitionLog existing = logs.get(partition);
            if (existing != null && existing.identity().isUnknown()) {
                setAside(partition);
                existing = null;
            }
            if (existing != null) {
                return adopt(existing, topicId, config);
            }
            PartitionLog made = make(partition, topicId, config);
            logs.put(partition, made);
            return made;
        } catch (IOException e) {
            faults.failUnlessShort(e);
            throw new KafkaStorageException("data directory " + root, e);
        } finally {
            changing.unlock();
        }
    }

    private static PartitionLog adopt(PartitionLog existing, Uuid topicId, LogConfig config)
            throws IOException {
        existing.identity().openAs(topicId);
        existing.reconfigure(config);
        return existing;
    }

    private PartitionLog make(TopicPartition partition, Uuid topicId, LogConfig config)
            throws IOException {
        Path directory = root.resolve(PartitionFiles.directoryOf(partition));
        host.openFiles().retrying(() -> host.checkpoints().forget(partition, host.logs()));
        try {
            Files.createDirectory(directory);
            host.openFiles().retrying(() -> PartitionMetadataFile.write(directory, topicId));
        } catch (IOException e) {
            DeadFiles.discard(List.of(directory.resolve(PartitionMetadataFile.NAME), directory));
            throw e;
        }
        LogState.Loaded empty =
                new LogState.Loaded(
                        partition,
                        directory,
                        new LogView(List.of(), 0, 0, 0, 0),
                        LeaderEpochs.empty(),
                        new ProducerState(),
                        new ProducerSnapshots(directory, List.of(), true));
        return new PartitionLog(host, config, topicId, empty, new PartitionLog.Origins(0, false));
    }

    /** Null where this directory has no log of the partition. */
    public @Nullable PartitionLog get(TopicPartition partition) {
        return logs.get(partition);
    }

    /** All logs, of partitions that the cluster does not know any more too. */
    public Collection<PartitionLog> logs() {
        return logs.values();
    }

    /** Forgets a partition's log at once; its files stay for a while. */
    public void delete(TopicPartition partition) {
        remove(partition, removal::delete);
    }

    /**
     * Forgets a partition's log and keeps its files for good, under a name that nothing reads: for
     * a log that the metadata does not know, so that lost metadata costs no records.
     */
    public void setAside(TopicPartition partition) {
        remove(partition, removal::setAside);
    }

    private void remove(TopicPartition partition, Consumer<PartitionLog> way) {
        changing.lock();
        try {
            PartitionLog gone = logs.remove(partition);
            if (gone != null) {
                way.accept(gone);
            }
        } finally {
            changing.unlock();
        }
    }

    /** Whether the disk has room for more records. */
    public DiskSpace space() {
        return host.space();
    }

    public GroupCommit groupCommit() {
        return host.groupCommit();
    }

    /** Batches that readers asked for and that were not what was written. */
    public long damagedBatches() {
        return faults.damagedBatches();
    }

    public boolean isOnline() {
        return faults.isOnline();
    }

    /** Why the directory is offline. */
    public Optional<IOException> failure() {
        return faults.failure();
    }

    /** Called once when the directory goes offline, on the thread that met the error. */
    public void onFailure(Runnable listener) {
        faults.onFailure(listener);
    }

    /** Called when a log is gone, before another one can have its name. */
    void onRemoval(Consumer<TopicPartition> listener) {
        removal.onRemoval(listener);
    }

    /** Something else that lies in the directory could not be written, or not be synced. */
    public void takeOffline(IOException cause) {
        faults.fail(cause);
    }

    /** An I/O error elsewhere in the directory. */
    void fail(IOException cause) {
        faults.failUnlessShort(cause);
    }

    /** A clean stop, as {@link #close(long)} without a broker epoch. */
    @Override
    public void close() {
        close(-1);
    }

    /**
     * Leaves the directory in order: everything is on disk and the next start, of this program or
     * of Kafka, scans nothing.
     *
     * @param brokerEpoch of this broker's registration
     */
    public void close(long brokerEpoch) {
        changing.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            host.space().close();
            host.stopHousekeeping();
            if (journal != null) {
                journal.stopPreparing();
            }
            closeLogs();
            boolean clean =
                    isOnline() && logs.values().stream().allMatch(log -> log.files().areFinished());
            if (clean) {
                host.writeRecoveryPoints();
            }
            closeJournal(clean);
            if (clean && isOnline()) {
                CleanStop.mark(root, brokerEpoch);
            }
        } catch (IOException e) {
            faults.failUnlessShort(e);
        } finally {
            host.release();
            lock.release();
            changing.unlock();
        }
    }

    private void closeLogs() {
        List<PartitionLog> all = new ArrayList<>(logs.values());
        // Not all at once: what is written stays open until it is on the disk.
        for (int from = 0; from < all.size() && isOnline(); from += CLOSED_TOGETHER) {
            List<PartitionLog> some =
                    all.subList(from, Math.min(all.size(), from + CLOSED_TOGETHER));
            // Few do not take long, and are written in an order that is the same each time.
            Stream<PartitionLog> finishing =
                    all.size() > CLOSED_TOGETHER ? some.parallelStream() : some.stream();
            finishing.forEach(LogDirectory::finish);
            host.groupCommit().commitAndWait(some);
            some.forEach(log -> log.files().release());
        }
        host.groupCommit().finish();
        all.forEach(log -> log.files().release());
    }

    private static void finish(PartitionLog log) {
        try {
            log.files().finish();
        } catch (KafkaStorageException e) {
            // The directory is offline by that; the rest of the close goes on without it.
            logger.debug("{} is not left in order", log.topicPartition(), e);
        }
    }

    private void closeJournal(boolean clean) throws IOException {
        if (journal != null) {
            journal.close(clean);
        }
    }

    /** How far the logs are compacted. */
    CleanerOffsets cleanerOffsets() {
        return host.checkpoints().cleanerOffsets();
    }

    GapOffsets gapOffsets() {
        return host.checkpoints().gapOffsets();
    }

    /** Tells the next start what is durable now; the housekeeper does it in its own time. */
    void writeCheckpoints() throws IOException {
        host.writeRecoveryPoints();
    }

    /** Closes what nobody used since the last call; the housekeeper does it in its own time. */
    boolean letRest() throws IOException {
        return host.housekeeper().letRest();
    }

    /** Lets go without a word, as a killed process does: the next start has to recover. */
    void abandon() throws IOException {
        closed = true;
        host.space().close();
        host.stopHousekeeping();
        host.groupCommit().stopAndWait();
        closeJournal(false);
        logs.values().forEach(log -> log.files().release());
        host.release();
        lock.close();
    }
}
