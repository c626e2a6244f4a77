package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** Logs are read back some at a time, after a kill; a gate in the disk shows which. */
class ParallelRecoveryTest {
    private static final LogConfig CONFIG = Batches.config();
    private static final int PARTITIONS = 3;

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path root = disk.root().resolve("data");

    private LogDirectory open(RecoveryListener listener) throws IOException {
        return LogDirectory.open(root, Directories.settings(CONFIG, 2), clock, listener);
    }

    private void writeAndKill() throws IOException {
        LogDirectory directory = open(RecoveryListener.NONE);
        for (int i = 0; i < PARTITIONS; i++) {
            PartitionLog log =
                    directory.open(new TopicPartition("orders", i), Uuid.ONE_UUID, CONFIG);
            log.appendAsLeader(Batches.of("a"), 0, Origin.CLIENT);
            log.flush();
        }
        directory.abandon();
    }

    private static boolean isOf(Path file, int partition) {
        return file.toString().endsWith(".log") && file.toString().contains("orders-" + partition);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void twoAreReadBackAtOnce() throws IOException {
        writeAndKill();
        CountDownLatch bothAreRead = new CountDownLatch(2);
        Set<String> met = ConcurrentHashMap.newKeySet();
        disk.gateReads(file -> {
            if (file.toString().endsWith(".log")) {
                if (met.add(file.toString())) {
                    bothAreRead.countDown();
                }
                await(bothAreRead);
            }
        });

        try (LogDirectory directory = open(RecoveryListener.NONE)) {
            assertThat(directory.logs()).hasSize(PARTITIONS);
        }
    }

    @Test
    void oneThatTakesLongDoesNotHideThatOthersAreDone() throws IOException {
        writeAndKill();
        CountDownLatch othersAreDone = new CountDownLatch(1);
        disk.gateReads(file -> {
            if (isOf(file, 0)) {
                await(othersAreDone);
            }
        });
        List<String> told = new ArrayList<>();

        try (LogDirectory directory =
                open((done, total) -> {
                    told.add(done + " of " + total);
                    if (done == PARTITIONS - 1) {
                        othersAreDone.countDown();
                    }
                })) {
            assertThat(directory.logs()).hasSize(PARTITIONS);
        }
        assertThat(told).containsExactly("0 of 3", "1 of 3", "2 of 3", "3 of 3");
    }
}
