package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

/**
 * One question to the file system fails while a compacted segment gets its final name. Either that
 * is an error like any other, or the segment has its name.
 */
class FailedStatInSwapTest {
    private static final LogConfig CONFIG =
            Batches.config(600, 100)
                    .with()
                    .cleanup(new Cleanup(true, true, -1, -1, 0.1, 0, Long.MAX_VALUE, 60_000))
                    .fileDeleteDelay(Duration.ofHours(1))
                    .build();

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path root = disk.root().resolve("data");

    private LogDirectory open() throws Exception {
        return LogDirectory.open(root, Directories.settings(CONFIG, 1), FlushRule.MEASURED, clock);
    }

    @Test
    void whatIsDeletedLaterDoesNotComeBackWithTheNextStart() throws Exception {
        LogDirectory directory = open();
        PartitionLog log = Directories.orders(directory, CONFIG);
        for (int i = 0; i < 40; i++) {
            SimpleRecord record =
                    new SimpleRecord(
                            Batches.NOW,
                            (i < 3 ? "only" + i : "k" + i % 10).getBytes(UTF_8),
                            ("v" + i + ".".repeat(60)).getBytes(UTF_8));
            log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT);
        }
        Directories.settle(directory, log);
        Thread compactor = Thread.currentThread();
        AtomicInteger syncs = new AtomicInteger();
        disk.gateSyncs(path -> {
            if (path.endsWith("orders-0")
                    && Thread.currentThread().equals(compactor)
                    && syncs.incrementAndGet() == 2) {
                // The old segments have gone; the next is the look at "….log.swap".
                disk.failOnceAfter(SimulatedDisk.Call.READ, 0);
            }
        });
        new CompactionLook(
                        directory,
                        Directories.ALL_VISIBLE,
                        clock,
                        Directories.unlimited(clock, 1 << 12))
                .run();
        disk.gateSyncs(_ -> {});
        assertThat(disk.hasFailed()).isTrue();
        if (!directory.isOnline()) {
            // As with any other error.
            directory.close();
            return;
        }

        long start = log.cleaning().view().active().baseOffset();
        log.advanceLogStart(start);
        log.flush();
        directory.writeCheckpoints();
        directory.close();
        try (LogDirectory again = open()) {
            PartitionLog same = Directories.orders(again, CONFIG);
            assertThat(same.logStartOffset()).isEqualTo(start);
        }
    }
}
