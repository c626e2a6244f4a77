package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The file system does not answer whether a compacted segment is there that gets its final name.
 * That is an error as any other: nobody may go on as if it had the name.
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
    private final AtomicInteger syncs = new AtomicInteger();
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void write() throws IOException {
        open();
        for (int i = 0; i < 40; i++) {
            String key = i < 3 ? "only" + i : "k" + i % 10;
            CompactionFixture.write(log, key, "v" + i + ".".repeat(60));
        }
        Directories.settle(directory, log);
    }

    private void open() throws IOException {
        Path root = disk.root().resolve("data");
        directory =
                LogDirectory.open(root, Directories.settings(CONFIG, 1), FlushRule.MEASURED, clock);
        log = Directories.orders(directory, CONFIG);
    }

    /** Once the old segments have gone; next it is asked for the new one. */
    private void failInTheMiddleOfTheSwap(Path synced, Thread compactor) {
        if (synced.endsWith("orders-0")
                && Thread.currentThread().equals(compactor)
                && syncs.incrementAndGet() == 2) {
            disk.failOnceAfter(SimulatedDisk.Call.READ, 0);
        }
    }

    @Test
    void theDirectoryGoesOfflineAndTheNextStartEndsTheSwap() throws IOException {
        Thread compactor = Thread.currentThread();
        disk.gateSyncs(path -> failInTheMiddleOfTheSwap(path, compactor));

        CompactionFixture.look(directory, clock).run();

        assertThat(disk.hasFailed()).isTrue();
        assertThat(directory.isOnline()).isFalse();
        directory.close();
        disk.gateSyncs(_ -> {});
        open();
        assertThat(CompactionFixture.values(log))
                .contains("0=v0", "1=v1", "2=v2", "39=v39")
                .doesNotHaveDuplicates();
        long start = log.cleaning().view().active().baseOffset();
        log.advanceLogStart(start);
        directory.close();
        open();
        assertThat(log.logStartOffset()).isEqualTo(start);
        directory.close();
    }
}
