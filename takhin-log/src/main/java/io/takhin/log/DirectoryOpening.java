package io.takhin.log;

import io.takhin.base.Clock;
import io.takhin.log.checkpoint.CleanStop;
import io.takhin.log.file.DirectoryLock;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.journal.JournalContents;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Takes a data directory for this process: keeps others out, puts back what the journal has, reads
 * back every log, and begins a journal of its own.
 *
 * <p>Threads: one.
 */
final class DirectoryOpening {
    private final Path root;
    private final LogDirectorySettings settings;
    private final FlushRule rule;
    private final int openFilesMax;
    private final Clock clock;

    DirectoryOpening(
            Path root,
            LogDirectorySettings settings,
            FlushRule rule,
            int openFilesMax,
            Clock clock) {
        this.openFilesMax = openFilesMax;
        this.root = root;
        this.settings = settings;
        this.rule = rule;
        this.clock = clock;
    }

    /**
     * @throws IOException also when another process has the directory
     */
    LogDirectory run(RecoveryListener listener) throws IOException {
        DurablePaths.createDirectories(root);
        DirectoryLock lock = DirectoryLock.take(root);
        LogDirectory directory = null;
        try {
            OptionalLong epochOfCleanStop = CleanStop.brokerEpoch(root);
            DirectoryHost host = new DirectoryHost(root, settings, rule, openFilesMax, clock);
            directory = new LogDirectory(root, lock, host, epochOfCleanStop);
            recover(directory, host, listener);
            host.space().start();
            return directory;
        } catch (IOException | RuntimeException e) {
            if (directory != null) {
                directory.abandon();
            }
            lock.close();
            throw e;
        }
    }

    private void recover(LogDirectory directory, DirectoryHost host, RecoveryListener listener)
            throws IOException {
        boolean clean = CleanStop.isMarked(root);
        JournalContents contents = JournalContents.read(root, rule.journalHalfBytes(), clean);
        DirectoryRecovery.Result result = readBack(host, contents, listener);
        List<PartitionLog> inJournal = new ArrayList<>();
        for (DirectoryRecovery.Recovered recovered : result.logs()) {
            PartitionLog read =
                    new PartitionLog(
                            host,
                            settings.defaults(),
                            recovered.topicId(),
                            recovered.loaded(),
                            new PartitionLog.Origins(recovered.durableEnd(), clean));
            host.logsByPartition().put(read.topicPartition(), read);
            if (recovered.inJournal()) {
                read.durability().restored();
                inJournal.add(read);
            }
        }
        host.checkpoints().shareNames(host.logs());
        Journal journal = openJournal(host, contents, inJournal);
        if (journal != null) {
            directory.use(journal);
            begin(journal, host, clean);
        }
        if (host.logs().stream().anyMatch(read -> isLessThanWritten(host, read))) {
            // It was not believed. Before records follow, of which the next start might think the
            // same as of these.
            host.writeRecoveryPoints();
        }
        CleanStop.unmark(root);
        host.logs().stream()
                .filter(read -> !read.durability().isFlushed())
                .forEach(host.groupCommit()::commit);
        result.dead().forEach(dead -> host.housekeeper().removeDirectoryLater(dead, Duration.ZERO));
    }

    private static boolean isLessThanWritten(DirectoryHost host, PartitionLog read) {
        return host.startsBelowItsCheckpoint(read) || read.durability().isRecoveryPointTooHigh();
    }

    private DirectoryRecovery.Result readBack(
            DirectoryHost host, JournalContents contents, RecoveryListener listener)
            throws IOException {
        if (!contents.hasEntries()) {
            return new DirectoryRecovery(root, settings, host, null).run(listener);
        }
        try (JournalReplay replay = JournalReplay.of(root, contents)) {
            return new DirectoryRecovery(root, settings, host, replay).run(listener);
        }
    }

    private @Nullable Journal openJournal(
            DirectoryHost host, JournalContents contents, List<PartitionLog> inJournal)
            throws IOException {
        if (!rule.usesJournal() && !contents.hasEntries()) {
            return null;
        }
        Journal opened = Journal.open(root, contents, host);
        inJournal.forEach(opened::adopt);
        return opened;
    }

    private static void begin(Journal journal, DirectoryHost host, boolean clean)
            throws IOException {
        if (clean) {
            // Another program may have been here since it was filled. Before the mark goes, or
            // the next start would believe it.
            journal.drain();
        }
        journal.start();
        host.groupCommit().use(journal);
    }
}
