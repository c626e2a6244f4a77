package io.takhin.log;

import io.takhin.base.Clock;
import io.takhin.base.Threads;
import io.takhin.log.checkpoint.CleanStop;
import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.log.file.Devices;
import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.PartitionFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads back all logs of a data directory, some at a time. */
final class DirectoryRecovery {
    private static final Logger log = LoggerFactory.getLogger(DirectoryRecovery.class);

    /** The quorum's own log: opened by the quorum, with other rules. */
    private static final String METADATA_TOPIC = "__cluster_metadata";

    private static final int TASKS_MAX = 1000;

    private final Path root;
    private final LogDirectorySettings settings;
    private final Checkpoints checkpoints;
    private final OpenFiles openFiles;
    private final boolean cleanStop;

    private final Clock clock;
    private final @Nullable JournalReplay replay;

    /** One name, and one id, for all partitions of a topic. */
    private final Map<String, String> topics = new ConcurrentHashMap<>();

    private final Map<Uuid, Uuid> topicIds = new ConcurrentHashMap<>();

    /** What was found, and directories that only wait to be removed. */
    record Result(List<Recovered> logs, List<Path> dead) {}

    /**
     * One log.
     *
     * @param durableEnd all below was on disk already
     * @param inJournal whether the journal has something of it that may not be durable elsewhere
     */
    record Recovered(LogState.Loaded loaded, Uuid topicId, long durableEnd, boolean inJournal) {}

    /**
     * @param replay puts back what the journal has before a log is read; null where it has nothing
     */
    DirectoryRecovery(
            Path root,
            LogDirectorySettings settings,
            DirectoryHost host,
            @Nullable JournalReplay replay) {
        this.root = root;
        this.settings = settings;
        this.checkpoints = host.checkpoints();
        this.openFiles = host.openFiles();
        this.replay = replay;
        this.cleanStop = CleanStop.isMarked(root);
        this.clock = host.clock();
    }

    Result run(RecoveryListener listener) throws IOException {
        long startNanos = clock.nanos();
        List<Path> partitions = new ArrayList<>();
        List<Path> dead = new ArrayList<>();
        try (Stream<Path> entries = Files.list(root)) {
            Devices devices = Devices.of(root);
            entries.filter(path -> isDirectory(path, devices))
                    .forEach(path -> sort(path, partitions, dead));
        }
        List<Recovered> logs = recoverAll(partitions, listener);
        if (!partitions.isEmpty()) {
            log.info(
                    "read back partitions={} clean={} from_journal_bytes={} millis={} directory={}",
                    logs.size(),
                    cleanStop,
                    replay == null ? 0 : replay.restoredBytes(),
                    (clock.nanos() - startNanos) / 1_000_000,
                    root);
        }
        return new Result(logs, dead);
    }

    private boolean isDirectory(Path path, Devices devices) {
        Devices.Kind kind = devices.kindOf(path);
        if (kind == Devices.Kind.DIRECTORY_ELSEWHERE) {
            openFiles.noteElsewhere(path);
            log.warn(
                    "{} lies on another file system than {}: it is synced file by file, and nobody"
                            + " watches how much space it has",
                    path,
                    root);
        }
        return kind != Devices.Kind.NO_DIRECTORY;
    }

    private void sort(Path path, List<Path> partitions, List<Path> dead) {
        String name = path.getFileName().toString();
        if (name.endsWith(PartitionFiles.DELETED_DIRECTORY)) {
            dead.add(path);
            return;
        }
        TopicPartition partition = PartitionFiles.partitionOf(name);
        if (partition == null
                || name.endsWith(PartitionFiles.FUTURE_DIRECTORY)
                || name.endsWith(PartitionFiles.STRAY_DIRECTORY)) {
            log.warn("leaving {} alone: it is no partition", path);
        } else if (!partition.topic().equals(METADATA_TOPIC)) {
            partitions.add(path);
        }
    }

    /**
     * As in Kafka, what cannot be read of one partition keeps all of the directory back: to serve
     * the others, and write to a disk that has lost something, is not decided here.
     */
    private List<Recovered> recoverAll(List<Path> partitions, RecoveryListener listener)
            throws IOException {
        int threads = Math.min(settings.recoveryThreads(), Math.max(1, partitions.size()));
        // Of many, one by one would cost more in handing over than in reading.
        int together = Math.max(1, partitions.size() / TASKS_MAX);
        ExecutorService pool =
                Executors.newFixedThreadPool(threads, Threads.factory("log-recovery"));
        try {
            CompletionService<List<Recovered>> running = new ExecutorCompletionService<>(pool);
            for (int from = 0; from < partitions.size(); from += together) {
                List<Path> some =
                        partitions.subList(from, Math.min(partitions.size(), from + together));
                var _ = running.submit(() -> recover(some));
            }
            List<Recovered> done = new ArrayList<>(partitions.size());
            listener.readBack(0, partitions.size());
            while (done.size() < partitions.size()) {
                done.addAll(running.take().get());
                listener.readBack(done.size(), partitions.size());
            }
            return done;
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(
                    "cannot read back %s: %s".formatted(root, cause.getMessage()), cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while reading back " + root, e);
        } finally {
            pool.shutdownNow();
            // After a failure others may still be at work on files of the directory.
            pool.close();
        }
    }

    private List<Recovered> recover(List<Path> directories) throws IOException {
        List<Recovered> recovered = new ArrayList<>(directories.size());
        for (Path directory : directories) {
            try {
                recovered.add(recover(directory));
            } catch (IOException | RuntimeException e) {
                // The system's own words name no file.
                throw new IOException(directory.getFileName() + ": " + e.getMessage(), e);
            }
        }
        return recovered;
    }

    private Recovered recover(Path directory) throws IOException {
        TopicPartition named = PartitionFiles.partitionOf(directory.getFileName().toString());
        if (named == null) {
            throw new IllegalStateException("no partition: " + directory);
        }
        TopicPartition partition =
                new TopicPartition(
                        topics.computeIfAbsent(named.topic(), name -> name), named.partition());
        long recoveryPoint = checkpoints.recoveryPoint(partition);
        Uuid found =
                replay == null
                        ? PartitionMetadataFile.read(directory)
                        : replay.topicIdOf(directory, partition);
        Uuid topicId = topicIds.computeIfAbsent(found, id -> id);
        CompactedPart compacted =
                CompactedPart.read(directory, partition, checkpoints.cleanerOffsets(), cleanStop);
        // Also what was deleted since: what is wanted follows it in the segment.
        long compactedBelow = compacted.durableBelow();
        boolean inJournal =
                replay != null
                        && replay.restore(
                                directory,
                                partition,
                                topicId,
                                Math.max(recoveryPoint, compactedBelow));
        LogRecovery.Trust trust =
                new LogRecovery.Trust(
                        cleanStop,
                        recoveryPoint,
                        checkpoints.logStart(partition),
                        settings.defaults().compacted()
                                ? Long.MAX_VALUE
                                : compacted.explainedBelow(),
                        clock.wallMillis(),
                        settings.producerIdleMax());
        AtomicBoolean pointHolds = new AtomicBoolean(true);
        LogRecovery.Recall recall =
                end -> {
                    pointHolds.set(false);
                    if (replay != null) {
                        long from = compactedBelow > end ? 0 : compactedBelow;
                        replay.restore(
                                directory, partition, topicId, Math.max(trust.logStart(), from));
                    }
                };
        LogState.Loaded loaded =
                new LogRecovery(partition, directory, settings.defaults(), openFiles, trust, recall)
                        .run();
        compacted.settle(checkpoints.gapOffsets(), loaded.view());
        long end = loaded.view().end();
        return new Recovered(loaded, topicId, durableEnd(trust, pointHolds.get(), end), inJournal);
    }

    /** Of what a wrong recovery point says is durable, nothing is known. */
    private static long durableEnd(LogRecovery.Trust trust, boolean pointHolds, long end) {
        if (trust.cleanStop()) {
            return end;
        }
        return pointHolds ? Math.min(trust.recoveryPoint(), end) : 0;
    }
}
