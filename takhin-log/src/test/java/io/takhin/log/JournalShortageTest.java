package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.journal.JournalFile;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Something runs out while a journal is prepared. */
class JournalShortageTest {
    private static final LogConfig CONFIG = Batches.config();
    private static final int HALF_BYTES = 1 << 16;
    private static final FlushRule RULE = new FlushRule(HALF_BYTES, 1 << 14, 1 << 15, 4);
    private static final int DESCRIPTORS = 64;

    /** Zeros, the header, the name of the file. */
    private static final int SYNCS_OF_A_HALF = 3;

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path data = disk.root().resolve("data");
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void open() throws IOException {
        directory =
                LogDirectory.open(data, Directories.settings(CONFIG, 1), RULE, DESCRIPTORS, clock);
        log = Directories.orders(directory, CONFIG);
        // Gives the segment its name; the next flush asks for a journal.
        append();
    }

    @AfterEach
    void close() {
        disk.gateSyncs(_ -> {});
        directory.close();
    }

    private void append() {
        log.appendAsLeader(Batches.of("value"), 0, Origin.CLIENT);
        log.flush();
    }

    private FlushBacklog backlog() {
        return directory.groupCommit().backlog();
    }

    /** What was refused is tried again. */
    private void appendLater() {
        clock.advance(Duration.ofSeconds(31));
        append();
    }

    /**
     * Returns while the half waits for its first sync: nothing else syncs then.
     *
     * @param gate passed by each sync of the journal or its name
     */
    private CountDownLatch askForAJournal(Runnable gate) {
        CountDownLatch mayGoOn = new CountDownLatch(1);
        disk.gateSyncs(path -> {
            if (path.equals(data) || path.endsWith(JournalFile.NAME)) {
                await(mayGoOn);
                gate.run();
            }
        });
        append();
        return mayGoOn;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** All of the file has its place, and one of its syncs finds no space all the same. */
    private void failSync(int syncsBefore) {
        AtomicInteger left = new AtomicInteger(syncsBefore);
        CountDownLatch mayGoOn =
                askForAJournal(() -> {
                    if (left.getAndDecrement() == 0) {
                        disk.failOnceAfter(SimulatedDisk.Call.SYNC, 0, SimulatedDisk.FULL);
                    }
                });
        mayGoOn.countDown();
        while (!disk.hasFailed()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aJournalIsPreparedWithTheDescriptorsItFoundAtFirst() {
        int refused = disk.refusedOpenings();
        CountDownLatch mayGoOn = askForAJournal(() -> disk.leaveDescriptors(0));
        mayGoOn.countDown();
        while (backlog().journalCapacity() == 0 && disk.refusedOpenings() == refused) {
            Thread.onSpinWait();
        }
        disk.gateSyncs(_ -> {});
        disk.leaveDescriptors(DESCRIPTORS);

        while (backlog().journalCapacity() < 2 * HALF_BYTES) {
            appendLater();
        }
        append();

        assertThat(backlog().journalBytes()).isPositive();
        assertThat(directory.failure()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void whereTheFirstHalfWasNotSyncedThereIsNoJournal(int syncsBefore) {
        failSync(syncsBefore);

        for (int i = 0; i < 100; i++) {
            appendLater();
        }

        assertThat(directory.failure()).isEmpty();
        assertThat(backlog().journalCapacity()).isZero();
        assertThat(data.resolve(JournalFile.NAME)).isEmptyFile();
    }

    /** Rounds may have written to the first one meanwhile. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void whereTheSecondHalfWasNotSyncedTheDirectoryGoesOffline(int syncsBefore) {
        CountDownLatch offline = new CountDownLatch(1);
        directory.onFailure(offline::countDown);

        failSync(SYNCS_OF_A_HALF + syncsBefore);
        await(offline);

        assertThat(directory.isOnline()).isFalse();
    }
}
