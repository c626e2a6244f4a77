package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No record is left of a log, and only a name and a checkpoint say where it goes on. */
class EmptiedLogTest {
    private static final LogConfig CONFIG = Batches.config(1024, 100);

    private final ManualClock clock = new ManualClock(Batches.NOW);

    // Of names that were not synced, each seed loses others.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void aCutBelowItsStartIsWhereItGoesOnAfterAPowerCut(long seed) throws IOException {
        cutBelowStart(seed, true);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void soItIsWhenNoFlushHasCoveredTheStart(long seed) throws IOException {
        cutBelowStart(seed, false);
    }

    private void cutBelowStart(long seed, boolean flushed) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(seed));
        Path root = disk.root().resolve("data");
        LogDirectory directory = Directories.open(root, CONFIG, clock);
        PartitionLog log = Directories.orders(directory, CONFIG);
        for (int i = 0; i < 60; i++) {
            log.appendAsLeader(Batches.of("x".repeat(200)), 0, Origin.CLIENT);
        }
        Directories.settle(directory, log);
        log.advanceLogStart(40);
        if (flushed) {
            directory.groupCommit().commitAndWait(List.of(log));
        }

        log.truncateTo(10);
        directory.writeCheckpoints();
        disk.cutPower();
        directory.abandon();
        disk.restart();

        try (LogDirectory again = Directories.open(root, CONFIG, clock)) {
            PartitionLog found = Directories.orders(again, CONFIG);
            assertThat(found.logStartOffset()).isEqualTo(10);
            assertThat(found.logEndOffset()).isEqualTo(10);
        }
    }
}
