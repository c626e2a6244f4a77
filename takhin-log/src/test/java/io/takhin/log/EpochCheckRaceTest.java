package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Somebody is told of leader epochs while another one holds them against the batches. */
class EpochCheckRaceTest {
    private static final LogConfig CONFIG = Batches.config(1 << 20, 4096);
    private static final String SLOW = "slow";

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final CountDownLatch slowReads = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void write() throws IOException {
        open();
        for (int i = 0; i < 100; i++) {
            log.appendAsLeader(Batches.of("v" + i), i < 60 ? 3 : 7, Origin.CLIENT);
        }
        directory.close();
    }

    private void open() throws IOException {
        directory =
                LogDirectory.open(
                        disk.root().resolve("data"),
                        Directories.settings(CONFIG, 1),
                        new ManualClock(Batches.NOW));
        log = Directories.orders(directory, CONFIG);
    }

    private void damageEpochs(String to) throws IOException {
        Path file = log.directory().resolve(LeaderEpochs.NAME);
        String written = Files.readString(file);
        assertThat(written).contains("7 60");
        Files.writeString(file, written.replace("7 60", to));
        open();
    }

    /** Its first read waits for {@link #goOn}. */
    private Thread startSlow(Runnable work) throws InterruptedException {
        disk.gateReads(_ -> {
            if (Thread.currentThread().getName().equals(SLOW)) {
                slowReads.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        Thread slow = Thread.ofPlatform().name(SLOW).start(work);
        slowReads.await();
        return slow;
    }

    @Test
    void whoAsksMeanwhileIsNotTold() throws Exception {
        damageEpochs("7 20");
        Thread slow = startSlow(log.epochs()::check);

        boolean isToldAtOnce = log.epochs().areChecked();
        goOn.countDown();
        slow.join();

        assertThat(isToldAtOnce).isFalse();
        assertThat(log.epochs().endOf(3, log.logEndOffset()).endOffset()).isEqualTo(60);
        directory.close();
    }

    /** Both meet batches whose epoch the damaged checkpoint does not know. */
    @Test
    void aSoundBatchCountsForNobodyAsDamaged() throws Exception {
        damageEpochs("5 60");
        long end = log.logEndOffset();
        LogRead.Unchecked one = (LogRead.Unchecked) log.readIfChecked(70, 500, true, end, false);
        LogRead.Unchecked other = (LogRead.Unchecked) log.readIfChecked(80, 500, true, end, false);
        Thread slow = startSlow(other.check());

        one.check().run();
        goOn.countDown();
        slow.join();

        assertThat(log.read(70, 500, true, end)).isInstanceOf(LogRead.Found.class);
        assertThat(log.read(80, 500, true, end)).isInstanceOf(LogRead.Found.class);
        assertThat(directory.damagedBatches()).isZero();
        directory.close();
    }
}
