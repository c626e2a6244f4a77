package io.takhin.log;

import io.takhin.base.Clock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
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
    private static final Logger log = LoggerFactory.getLogger(LogDirectory.class);

    private final Path root;
    private final LogDirectorySettings settings;
    private final DirectoryLock lock;
    private final OptionalLong epochOfCleanStop;
    private final Checkpoints checkpoints;
    private final Map<TopicPartition, PartitionLog> logs = new ConcurrentHashMap<>();
    private final List<Runnable> failureListeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<TopicPartition>> removalListeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock changing = new ReentrantLock();
    private final Host host;
    private final FlushRule rule;
    private final GroupCommit groupCommit;
    private @Nullable Journal journal;
    private final Housekeeper housekeeper;
    private volatile @Nullable IOException failure;
    private final AtomicBoolean failed = new AtomicBoolean();
    private final DiskSpace space;
    private final LongAdder damagedBatches = new LongAdder();
    private volatile boolean closed;

    private LogDirectory(
            Path root,
            LogDirectorySettings settings,
            FlushRule rule,
            Clock clock,
            DirectoryLock lock)
            throws IOException {
        this.root = root;
        this.settings = settings;
        this.lock = lock;
        this.epochOfCleanStop = CleanStop.brokerEpoch(root);
        this.checkpoints = new Checkpoints(root);
        this.space = new DiskSpace(root, DiskSpace.Store.of(root), settings.reserve());
        this.host = new Host(clock);
        this.rule = rule;
        this.groupCommit = new GroupCommit(host, rule, "log-flusher");
        this.housekeeper = new Housekeeper(host, settings);
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
        return open(root, settings, FlushRule.MEASURED, clock, listener);
    }

    static LogDirectory open(Path root, LogDirectorySettings settings, FlushRule rule, Clock clock)
            throws IOException {
        return open(root, settings, rule, clock, RecoveryListener.NONE);
    }

    private static LogDirectory open(
            Path root,
            LogDirectorySettings settings,
            FlushRule rule,
            Clock clock,
            RecoveryListener listener)
            throws IOException {
        Files.createDirectories(root);
        DirectoryLock lock = DirectoryLock.take(root);
        LogDirectory directory = null;
        try {
            directory = new LogDirectory(root, settings, rule, clock, lock);
            directory.recover(clock, listener);
            directory.space.start();
            return directory;
        } catch (IOException | RuntimeException e) {
            if (directory != null) {
                directory.abandon();
            }
            lock.close();
            throw e;
        }
    }

    private void recover(Clock clock, RecoveryListener listener) throws IOException {
        boolean clean = CleanStop.isMarked(root);
        JournalContents contents = JournalContents.read(root, rule.journalHalfBytes(), clean);
        DirectoryRecovery.Result result = readBack(contents, clock, listener);
        List<PartitionLog> inJournal = new ArrayList<>();
        for (DirectoryRecovery.Recovered recovered : result.logs()) {
            PartitionLog read =
                    new PartitionLog(
                            host,
                            settings.defaults(),
                            recovered.topicId(),
                            recovered.loaded(),
                            new PartitionLog.Origins(recovered.durableEnd(), false));
            logs.put(read.topicPartition(), read);
            if (recovered.inJournal()) {
                read.durability().restored();
                inJournal.add(read);
            }
        }
        openJournal(contents, inJournal, clean);
        CleanStop.unmark(root);
        logs.values().stream()
                .filter(read -> !read.durability().isFlushed())
                .forEach(groupCommit::commit);
        result.dead().forEach(dead -> housekeeper.removeLater(List.of(dead), Duration.ZERO));
    }

    private DirectoryRecovery.Result readBack(
            JournalContents contents, Clock clock, RecoveryListener listener) throws IOException {
        if (!contents.hasEntries()) {
            return new DirectoryRecovery(root, settings, checkpoints, null, clock).run(listener);
        }
        try (JournalReplay replay = JournalReplay.of(root, contents)) {
            return new DirectoryRecovery(root, settings, checkpoints, replay, clock).run(listener);
        }
    }

    private void openJournal(JournalContents contents, List<PartitionLog> inJournal, boolean clean)
            throws IOException {
        if (!rule.usesJournal() && !contents.hasEntries()) {
            return;
        }
        Journal opened = Journal.open(root, contents, host);
        journal = opened;
        inJournal.forEach(opened::adopt);
        if (clean) {
            // Another program may have been here since it was filled. Before the mark goes, or
            // the next start would believe it.
            opened.drain();
        }
        opened.start();
        groupCommit.use(opened);
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
            if (existing != null) {
                return adopt(existing, topicId, config);
            }
            PartitionLog made = make(partition, topicId, config);
            logs.put(partition, made);
            return made;
        } catch (IOException e) {
            host.failUnlessFull(e);
            throw new KafkaStorageException("data directory " + root, e);
        } finally {
            changing.unlock();
        }
    }

    private static PartitionLog adopt(PartitionLog existing, Uuid topicId, LogConfig config)
            throws IOException {
        if (existing.topicId().equals(Uuid.ZERO_UUID)) {
            PartitionMetadataFile.write(existing.directory(), topicId);
            existing.setTopicId(topicId);
            existing.durability().identityChanged();
        } else if (!existing.topicId().equals(topicId)) {
            throw new InconsistentTopicIdException(
                    existing.directory()
                            + " is of topic "
                            + existing.topicId()
                            + ", not "
                            + topicId);
        }
        existing.reconfigure(config);
        return existing;
    }

    private PartitionLog make(TopicPartition partition, Uuid topicId, LogConfig config)
            throws IOException {
        Path directory = root.resolve(PartitionFiles.directoryOf(partition));
        try {
            Files.createDirectory(directory);
            PartitionMetadataFile.write(directory, topicId);
        } catch (IOException e) {
            DiskSpace.discard(List.of(directory.resolve(PartitionMetadataFile.NAME), directory));
            throw e;
        }
        LogState.Loaded empty =
                new LogState.Loaded(
                        partition,
                        directory,
                        new LogView(List.of(), 0, 0, 0, 0),
                        LeaderEpochs.empty(),
                        new ProducerState(),
                        new ProducerSnapshots(directory));
        return new PartitionLog(host, config, topicId, empty, new PartitionLog.Origins(0, true));
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
        remove(partition, PartitionFiles.DELETED_DIRECTORY);
    }

    /**
     * Forgets a partition's log and keeps its files for good, under a name that nothing reads: for
     * a log that the metadata does not know, so that lost metadata costs no records.
     */
    public void setAside(TopicPartition partition) {
        remove(partition, PartitionFiles.STRAY_DIRECTORY);
    }

    private void remove(TopicPartition partition, String suffix) {
        changing.lock();
        try {
            PartitionLog gone = logs.remove(partition);
            if (gone == null) {
                return;
            }
            gone.abandonFiles();
            Path renamed = root.resolve(PartitionFiles.directoryOf(partition, suffix));
            Files.move(gone.directory(), renamed);
            gone.moveTo(renamed);
            // What is kept must not depend on the journal: no start looks there for it.
            if (suffix.equals(PartitionFiles.STRAY_DIRECTORY)) {
                gone.durability().settle();
            }
            if (suffix.equals(PartitionFiles.DELETED_DIRECTORY)) {
                housekeeper.removeLater(List.of(renamed), gone.config().fileDeleteDelay());
            }
            housekeeper.checkpointSoon();
            removalListeners.forEach(listener -> listener.accept(partition));
        } catch (IOException e) {
            host.fail(e);
            throw new KafkaStorageException("cannot remove " + partition, e);
        } finally {
            changing.unlock();
        }
    }

    /** Bytes of the file system that holds the directory. */
    public long totalBytes() throws IOException {
        return Files.getFileStore(root).getTotalSpace();
    }

    /** Bytes of the file system that may still be written. */
    public long usableBytes() throws IOException {
        return Files.getFileStore(root).getUsableSpace();
    }

    /** Whether the disk has room for more records. */
    public DiskSpace space() {
        return space;
    }

    public GroupCommit groupCommit() {
        return groupCommit;
    }

    /** The high watermarks that were last written; a partition that is missing has none. */
    public Map<TopicPartition, Long> readHighWatermarks() throws IOException {
        return OffsetCheckpoint.read(root.resolve(OffsetCheckpoint.HIGH_WATERMARKS));
    }

    /** Replaces all high watermarks ({@code replication-offset-checkpoint}). */
    public void writeHighWatermarks(Map<TopicPartition, Long> offsets) {
        try {
            OffsetCheckpoint.write(root.resolve(OffsetCheckpoint.HIGH_WATERMARKS), offsets);
        } catch (IOException e) {
            host.failUnlessFull(e);
        }
    }

    /** Batches that readers asked for and that were not what was written. */
    public long damagedBatches() {
        return damagedBatches.sum();
    }

    public boolean isOnline() {
        return failure == null;
    }

    /** Why the directory is offline. */
    public Optional<IOException> failure() {
        return Optional.ofNullable(failure);
    }

    /** Called once when the directory goes offline, on the thread that met the error. */
    public void onFailure(Runnable listener) {
        failureListeners.add(listener);
        if (!isOnline()) {
            listener.run();
        }
    }

    /** Called when a log is gone, before another one can have its name. */
    void onRemoval(Consumer<TopicPartition> listener) {
        removalListeners.add(listener);
    }

    /** An I/O error elsewhere in the directory. */
    void fail(IOException cause) {
        host.fail(cause);
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
            space.close();
            housekeeper.stop();
            closeLogs();
            boolean clean = isOnline() && logs.values().stream().allMatch(PartitionLog::isFinished);
            if (clean) {
                checkpoints.write(logs.values());
            }
            closeJournal(clean);
            if (clean) {
                CleanStop.mark(root, brokerEpoch);
            }
        } catch (IOException e) {
            host.failUnlessFull(e);
        } finally {
            unlock();
            changing.unlock();
        }
    }

    private void unlock() {
        try {
            lock.close();
        } catch (IOException e) {
            log.warn("the lock of {} ends with the process", root, e);
        }
    }

    private void closeLogs() {
        List<PartitionLog> all = new ArrayList<>(logs.values());
        if (isOnline()) {
            all.forEach(PartitionLog::finish);
            all.forEach(groupCommit::commit);
        }
        groupCommit.finish();
        all.forEach(PartitionLog::release);
    }

    private void closeJournal(boolean clean) throws IOException {
        if (journal != null) {
            journal.close(clean);
        }
    }

    /** Tells the next start what is durable now; the housekeeper does it in its own time. */
    void writeCheckpoints() throws IOException {
        host.writeRecoveryPoints();
    }

    /** Lets go without a word, as a killed process does: the next start has to recover. */
    void abandon() throws IOException {
        closed = true;
        space.close();
        housekeeper.stop();
        groupCommit.stopAndWait();
        closeJournal(false);
        logs.values().forEach(PartitionLog::release);
        lock.close();
    }

    /** What logs, flusher and housekeeper see of their directory. */
    private final class Host implements LogHost, GroupCommit.Host, Housekeeper.Host {
        private final Clock clock;

        Host(Clock clock) {
            this.clock = clock;
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
            goOffline(cause);
        }

        void failUnlessFull(IOException cause) {
            if (DiskFullException.isCauseOf(cause)) {
                full(cause);
            } else {
                fail(cause);
            }
        }

        @Override
        public boolean admits(int bytes, Origin origin) {
            return space.take(bytes, origin);
        }

        @Override
        public void full(IOException cause) {
            space.full(cause);
        }

        @Override
        public void damaged(TopicPartition partition, String where) {
            damagedBatches.increment();
            log.error(
                    "partition {} is damaged: the batch in {} is not what was written; restore the"
                            + " file, or delete the records up to there",
                    partition,
                    where);
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
        public long writtenRecoveryPoint(TopicPartition partition) {
            return checkpoints.recoveryPoint(partition);
        }

        @Override
        public void removeLater(List<Path> files, Duration delay) {
            housekeeper.removeLater(files, delay);
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

    private void goOffline(IOException cause) {
        if (failed.compareAndSet(false, true)) {
            failure = cause;
            log.error("data directory {} is offline", root, cause);
            groupCommit.stop();
            space.close();
            failureListeners.forEach(Runnable::run);
        }
    }
}
