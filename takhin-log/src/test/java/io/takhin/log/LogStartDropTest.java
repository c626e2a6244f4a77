package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Threads;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Many segments go at once. */
class LogStartDropTest {
    private static final LogConfig CONFIG = Batches.config(1024, 100);
    private static final int BATCHES = 60;

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path root = disk.root().resolve("data");
    private final ManualClock clock = new ManualClock(Batches.NOW);

    @Test
    void whoAppendsDoesNotWaitForTheDisk() throws Exception {
        try (LogDirectory directory = Directories.open(root, CONFIG, clock)) {
            PartitionLog log = filled(directory);
            CountDownLatch deleting = new CountDownLatch(1);
            CountDownLatch appended = new CountDownLatch(1);
            AtomicBoolean gateWasOpened = new AtomicBoolean(true);
            disk.gateSyncs(path -> {
                if (path.equals(log.directory())) {
                    deleting.countDown();
                    gateWasOpened.compareAndSet(true, isDown(appended));
                }
            });

            Thread deleter =
                    Threads.start("deleter", () -> log.advanceLogStart(log.logEndOffset()));
            assertThat(deleting.await(20, TimeUnit.SECONDS)).isTrue();
            log.appendAsLeader(Batches.of("meanwhile"), 0, Origin.CLIENT);
            appended.countDown();
            deleter.join();

            assertThat(gateWasOpened).isTrue();
            assertThat(log.segmentCount()).isEqualTo(1);
            assertThat(Batches.all(log)).containsExactly(BATCHES + "=meanwhile");
        }
    }

    @Test
    void eachGoesOnlyOnceItIsDurableThatTheOneBeforeIsGone() throws IOException {
        try (LogDirectory directory = Directories.open(root, CONFIG, clock)) {
            PartitionLog log = filled(directory);
            AtomicInteger syncs = new AtomicInteger();
            disk.gateSyncs(path -> {
                if (path.equals(log.directory())) {
                    syncs.incrementAndGet();
                }
            });
            int segments = log.segmentCount();

            log.advanceLogStart(log.logEndOffset());

            assertThat(syncs).hasValueGreaterThanOrEqualTo(segments - 2);
        }
    }

    private static PartitionLog filled(LogDirectory directory) throws IOException {
        PartitionLog log = Directories.orders(directory, CONFIG);
        for (int i = 0; i < BATCHES; i++) {
            log.appendAsLeader(Batches.of("x".repeat(200)), 0, Origin.CLIENT);
        }
        Directories.settle(directory, log);
        return log;
    }

    private static boolean isDown(CountDownLatch latch) {
        try {
            return latch.await(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
