package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * A segment that lags behind the journal cannot be synced: the directory goes offline, and the
 * operator starts the process again, not the machine. What the journal has is in the page cache,
 * where nobody will ever write it to the disk again.
 */
class FailedSyncThenRestartTest {
    private static final int HALF = 64 << 10;
    private static final FlushRule RULE = new FlushRule(HALF, 16 << 10, 32 << 10, 4);
    private static final LogConfig CONFIG = Batches.config();

    private final ManualClock clock = new ManualClock(Batches.NOW);

    private LogDirectory open(Path root) throws IOException {
        return LogDirectory.open(root, Directories.settings(CONFIG, 1), RULE, clock);
    }

    @Test
    void whatTheJournalHadIsBroughtToTheDiskByTheNextStart() throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(seed));
            Path root = disk.root().resolve("data");
            LogDirectory directory = open(root);
            while (directory.groupCommit().backlog().journalCapacity() < 2 * HALF) {
                PartitionLog first = Directories.orders(directory, CONFIG);
                first.appendAsLeader(Batches.of("before"), 0, Origin.CLIENT);
                first.flush();
            }
            directory.close();
            directory = open(root);
            PartitionLog log = Directories.orders(directory, CONFIG);
            for (int i = 0; i < 5; i++) {
                log.appendAsLeader(Batches.of("v" + i + ".".repeat(400)), 0, Origin.CLIENT);
                // Acknowledged: by the segment first, then by the journal.
                log.flush();
            }
            long end = log.durableEndOffset();
            disk.failOnceAfter(SimulatedDisk.Call.SYNC, 0);
            assertThatThrownBy(log.durability()::settle).isInstanceOf(IOException.class);
            directory.takeOffline(new IOException("as JournalKeeper does"));
            directory.close();

            LogDirectory again = open(root);
            assertThat(Directories.orders(again, CONFIG).logEndOffset()).isEqualTo(end);
            Directories.orders(again, CONFIG).flush();
            again.close();

            disk.cutPower();
            disk.restart();
            try (LogDirectory last = open(root)) {
                assertThat(Directories.orders(last, CONFIG).logEndOffset())
                        .as("seed %d", seed)
                        .isEqualTo(end);
            }
        }
    }
}
