package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
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

    private static void write(PartitionLog log, String key, String value) {
        SimpleRecord record =
                new SimpleRecord(Batches.NOW, key.getBytes(UTF_8), value.getBytes(UTF_8));
        assertThat(log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT))
                .isInstanceOf(Append.Done.class);
    }

    @Test
    void filesThatGotAnotherNameMeanwhileDoNotTakeTheDirectoryOffline() throws Exception {
        Path root = disk.root().resolve("data");
        try (LogDirectory directory =
                LogDirectory.open(
                        root, Directories.settings(CONFIG, 1), FlushRule.MEASURED, clock)) {
            PartitionLog log = Directories.orders(directory, CONFIG);
            for (int i = 0; i < 20; i++) {
                write(log, "k" + i % 3, "v" + i + ".".repeat(60));
            }
            Directories.settle(directory, log);
            for (int i = 0; i < OTHERS; i++) {
                write(
                        directory.open(
                                new TopicPartition("other", i),
                                Uuid.randomUuid(),
                                Batches.config()),
                        "k",
                        "v");
            }
            Thread compactor = Thread.currentThread();
            CountDownLatch atWork = new CountDownLatch(1);
            CountDownLatch compacted = new CountDownLatch(1);
            AtomicBoolean begun = new AtomicBoolean();
            CompletableFuture<Void> rested = new CompletableFuture<>();
            Thread housekeeper =
                    new Thread(() -> {
                        try {
                            // As the housekeeper does it every five seconds.
                            directory.letRest();
                            directory.letRest();
                            rested.complete(null);
                        } catch (Exception e) {
                            rested.completeExceptionally(e);
                        }
                    });
            disk.gateSyncs(path -> {
                try {
                    if (Thread.currentThread().equals(compactor)
                            && path.toString().endsWith(".index.cleaned")
                            && begun.compareAndSet(false, true)) {
                        housekeeper.start();
                        atWork.await(5, TimeUnit.SECONDS);
                    } else if (Thread.currentThread().equals(housekeeper)
                            && path.toString().contains("other")) {
                        atWork.countDown();
                        compacted.await(5, TimeUnit.SECONDS);
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });

            new CompactionLook(
                            directory,
                            Directories.ALL_VISIBLE,
                            clock,
                            Directories.unlimited(clock, 1 << 12))
                    .run();
            compacted.countDown();

            assertThat(rested).succeedsWithin(20, TimeUnit.SECONDS);
            assertThat(directory.failure()).isEmpty();
        }
    }
}
