package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.log.journal.JournalFile;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * A segment is deleted while only the journal has its records for certain, and a power cut brings
 * it back: torn, it must not cost the log its end, nor what the journal has no more.
 */
class DeletedUnsettledTest {
    private static final int HALF_BYTES = 64 << 10;
    private static final FlushRule RULE = new FlushRule(HALF_BYTES, 16 << 10, 32 << 10, 4);
    private static final LogConfig CONFIG =
            Batches.config(2500, 100).with().fileDeleteDelay(Duration.ZERO).build();

    private final ManualClock clock = new ManualClock(Batches.NOW);

    private LogDirectory open(Path root) throws IOException {
        return LogDirectory.open(root, Directories.settings(CONFIG, 1), RULE, clock);
    }

    /** Returns when the journal is there. */
    private static void awaitJournal(LogDirectory directory, PartitionLog log) {
        while (directory.groupCommit().backlog().journalCapacity() < 2 * HALF_BYTES) {
            append(log, "before");
            log.flush();
        }
    }

    private static void append(PartitionLog log, String value) {
        assertThat(log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT))
                .isInstanceOf(Append.Done.class);
    }

    private static void fillASegment(PartitionLog log) {
        int segments = log.segmentCount();
        while (log.segmentCount() == segments) {
            log.flush();
            append(log, "x".repeat(400));
        }
    }

    /** Or a sync would still find the file, under its other name. */
    private static void awaitRemoval(Path partition) throws IOException {
        for (boolean gone = false; !gone; ) {
            try (Stream<Path> files = Files.list(partition)) {
                gone = files.noneMatch(each -> each.toString().endsWith(PartitionFiles.DELETED));
            }
        }
    }

    /** Returns what lets it go on. */
    private static Runnable stopFlusher(SimulatedDisk disk) {
        CountDownLatch goOn = new CountDownLatch(1);
        disk.gateSyncs(_ -> {
            try {
                if (Thread.currentThread().getName().equals("log-flusher")) {
                    goOn.await();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        return goOn::countDown;
    }

    @Seeded(runs = 100)
    void theLogEndsWhereItWasAcknowledged(RandomGenerator random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        Path root = disk.root().resolve("data");
        LogDirectory directory = open(root);
        PartitionLog log = Directories.orders(directory, CONFIG);
        awaitJournal(directory, log);
        do {
            fillASegment(log);
        } while (log.durability().lag().bytes() == 0);
        // All but the first record of the new segment was acknowledged.
        long acknowledged = log.cleaning().view().active().baseOffset();
        // Which would make all of it durable soon.
        Runnable goOn = stopFlusher(disk);
        log.advanceLogStart(acknowledged);
        awaitRemoval(log.directory());
        log.durability().settle();
        directory.writeCheckpoints();
        // As once it is used anew.
        Files.delete(root.resolve(JournalFile.NAME));
        disk.cutPower();
        goOn.run();
        directory.abandon();
        disk.restart();

        try (LogDirectory last = open(root)) {
            assertThat(Directories.orders(last, CONFIG).logEndOffset())
                    .isGreaterThanOrEqualTo(acknowledged);
        }
    }
}
