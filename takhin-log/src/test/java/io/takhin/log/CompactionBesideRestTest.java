package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The housekeeper syncs files that are to be closed, those of a segment that is being compacted
 * among them, and the compaction comes to its end meanwhile.
 */
class CompactionBesideRestTest {
    private static final LogConfig CONFIG =
            Batches.config(600, 0).withCleanup(Cleanup.compact(0.1, 60_000));
    private static final int OTHERS = 40;

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final CompletableFuture<Void> rested = new CompletableFuture<>();
    private final Thread housekeeper = new Thread(this::rest);
    private final AtomicBoolean begun = new AtomicBoolean();
    private final CountDownLatch atWork = new CountDownLatch(1);
    private final CountDownLatch compacted = new CountDownLatch(1);
    private LogDirectory directory;

    @BeforeEach
    void write() throws IOException {
        directory =
                LogDirectory.open(
                        disk.root().resolve("data"),
                        Directories.settings(CONFIG, 1),
                        FlushRule.MEASURED,
                        clock);
        PartitionLog log = Directories.orders(directory, CONFIG);
        for (int i = 0; i < 20; i++) {
            CompactionFixture.write(log, "k" + i % 3, "v" + i + ".".repeat(60));
        }
        Directories.settle(directory, log);
        for (int i = 0; i < OTHERS; i++) {
            TopicPartition other = new TopicPartition("other", i);
            CompactionFixture.write(
                    directory.open(other, Uuid.randomUuid(), Batches.config()), "k", "v");
        }
    }

    @AfterEach
    void stop() {
        directory.close();
    }

    /** Files are closed that nobody used since the call before. */
    private void rest() {
        try {
            for (int i = 0; i < 2; i++) {
                boolean _ = directory.letRest();
            }
            rested.complete(null);
        } catch (IOException | RuntimeException e) {
            rested.completeExceptionally(e);
        }
    }

    /** The compaction waits until the other has its list, and that one until it is over. */
    private void onSync(Path path, Thread compactor) {
        try {
            Thread now = Thread.currentThread();
            boolean cleaned = path.toString().endsWith(".index.cleaned");
            if (now.equals(compactor) && cleaned && begun.compareAndSet(false, true)) {
                housekeeper.start();
                assertThat(atWork.await(10, TimeUnit.SECONDS)).isTrue();
            } else if (now.equals(housekeeper) && path.toString().contains("other")) {
                atWork.countDown();
                assertThat(compacted.await(10, TimeUnit.SECONDS)).isTrue();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void filesThatGotAnotherNameMeanwhileDoNotTakeTheDirectoryOffline() throws IOException {
        Thread compactor = Thread.currentThread();
        disk.gateSyncs(path -> onSync(path, compactor));

        CompactionFixture.look(directory, clock).run();
        compacted.countDown();

        assertThat(rested).succeedsWithin(20, TimeUnit.SECONDS);
        assertThat(directory.failure()).isEmpty();
    }
}
