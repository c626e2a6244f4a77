package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Somebody asks where an epoch ended while the epochs are just being held against the batches. */
class EpochCheckRaceTest {
    private static final LogConfig CONFIG = Batches.config(1 << 20, 4096);

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));

    private LogDirectory open() throws Exception {
        return LogDirectory.open(
                disk.root().resolve("data"),
                Directories.settings(CONFIG, 1),
                new ManualClock(Batches.NOW));
    }

    @Test
    @Timeout(60)
    void theSecondOneWaitsForTheCheckToo() throws Exception {
        LogDirectory directory = open();
        PartitionLog log = Directories.orders(directory, CONFIG);
        for (int i = 0; i < 100; i++) {
            log.appendAsLeader(Batches.of("v" + i), i < 60 ? 3 : 4, Origin.CLIENT);
        }
        directory.close();
        Path epochs = log.directory().resolve(LeaderEpochs.NAME);
        assertThat(Files.readString(epochs)).contains("4 60");
        // One digit went bad.
        Files.writeString(epochs, Files.readString(epochs).replace("4 60", "4 20"));

        directory = open();
        PartitionLog reopened = Directories.orders(directory, CONFIG);
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        disk.gateReads(_ -> {
            if (Thread.currentThread().getName().equals("first")) {
                reading.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        Thread first = Thread.ofPlatform().name("first").start(reopened.epochs()::check);
        reading.await();
        // As the handlers ask: whether the answer is there at once.
        boolean checked = reopened.epochs().areChecked();
        long told = checked ? reopened.epochs().endOf(3, reopened.logEndOffset()).endOffset() : 60;
        goOn.countDown();
        first.join();

        assertThat(reopened.epochs().endOf(3, reopened.logEndOffset()).endOffset()).isEqualTo(60);
        assertThat(told).isEqualTo(60);
        directory.close();
    }

    /**
     * Two readers, at the same time, of batches whose epoch the damaged checkpoint does not know.
     */
    @Test
    @Timeout(60)
    void aSoundBatchIsNotCalledDamagedForEver() throws Exception {
        LogDirectory directory = open();
        PartitionLog log = Directories.orders(directory, CONFIG);
        for (int i = 0; i < 100; i++) {
            log.appendAsLeader(Batches.of("v" + i), i < 60 ? 3 : 7, Origin.CLIENT);
        }
        directory.close();
        Path epochs = log.directory().resolve(LeaderEpochs.NAME);
        assertThat(Files.readString(epochs)).contains("7 60");
        // One bit went bad.
        Files.writeString(epochs, Files.readString(epochs).replace("7 60", "5 60"));

        directory = open();
        PartitionLog reopened = Directories.orders(directory, CONFIG);
        long end = reopened.logEndOffset();
        LogRead.Unchecked one =
                (LogRead.Unchecked) reopened.readIfChecked(70, 500, true, end, false);
        LogRead.Unchecked other =
                (LogRead.Unchecked) reopened.readIfChecked(80, 500, true, end, false);
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        disk.gateReads(_ -> {
            if (Thread.currentThread().getName().equals("second")) {
                reading.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        Thread second = Thread.ofPlatform().name("second").start(other.check()::run);
        reading.await();
        one.check().run();
        goOn.countDown();
        second.join();

        assertThat(reopened.read(70, 500, true, end)).isInstanceOf(LogRead.Found.class);
        assertThat(reopened.read(80, 500, true, end)).isInstanceOf(LogRead.Found.class);
        assertThat(directory.damagedBatches()).isZero();
        directory.close();
    }
}
