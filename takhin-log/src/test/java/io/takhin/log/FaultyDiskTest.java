package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import io.takhin.testkit.disk.SimulatedDisk.Call;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * Any call to the disk fails, or there is no space for it; then the power goes. An error of the
 * disk takes the directory offline and a full disk does not; nothing acknowledged is lost by
 * either.
 */
class FaultyDiskTest {
    private static final int STEPS = 60;
    private static final FlushRule RULE = new FlushRule(16 << 10, 1 << 10, 8 << 10, 4);
    private static final LogConfig CONFIG =
            Batches.config(1500, 100).with().fileDeleteDelay(Duration.ZERO).build();

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final SurvivingRecords records = new SurvivingRecords();
    private int counter;

    private LogDirectory open(SimulatedDisk disk) throws IOException {
        Path root = disk.root().resolve("data");
        LogDirectorySettings settings = Directories.settings(CONFIG, 1);
        return LogDirectory.open(root, settings, RULE, clock);
    }

    private PartitionLog log(LogDirectory directory) {
        return directory.open(Directories.ORDERS, records.topic, CONFIG);
    }

    @Seeded(runs = 100, cutsEach = 1)
    void anErrorOfAWriteLosesNothingAcknowledged(RandomGenerator random) throws IOException {
        fail(Call.WRITE, random);
    }

    @Seeded(runs = 100, cutsEach = 1)
    void anErrorOfASyncLosesNothingAcknowledged(RandomGenerator random) throws IOException {
        fail(Call.SYNC, random);
    }

    @Seeded(runs = 100, cutsEach = 1)
    void anErrorOfARenameLosesNothingAcknowledged(RandomGenerator random) throws IOException {
        fail(Call.NAME, random);
    }

    @Seeded(runs = 100, cutsEach = 1)
    void anErrorOfAReadLosesNothingAcknowledged(RandomGenerator random) throws IOException {
        fail(Call.READ, random);
    }

    private void fail(Call call, RandomGenerator random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        try (LogDirectory directory = open(disk)) {
            PartitionLog log = log(directory);
            disk.failAfter(call, random.nextInt(60));
            work(directory, log, random);
            if (call == Call.SYNC && disk.hasFailed()) {
                staysOffline(directory, log, random);
            }
        } finally {
            disk.cutPower();
        }
        checkAfterCut(disk);
    }

    /** Nobody is told that records are safe after a sync has failed, whatever the next one says. */
    private void staysOffline(LogDirectory directory, PartitionLog log, RandomGenerator random) {
        assertThat(directory.isOnline()).isFalse();
        long durable = log.durableEndOffset();

        assertThatThrownBy(
                        () -> {
                            append(log, random);
                            log.flush();
                        })
                .isInstanceOf(KafkaStorageException.class);
        assertThat(log.durableEndOffset()).isEqualTo(durable);
    }

    @Seeded(runs = 100, cutsEach = 1)
    void aFullDiskLosesNothingAcknowledgedAndIsGotOver(RandomGenerator random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        LogDirectory directory = open(disk);
        PartitionLog log = log(directory);
        disk.leaveFree(random.nextInt(20_000));
        work(directory, log, random);

        assertThat(directory.failure()).isEmpty();

        disk.leaveFree(1 << 20);
        append(log, random);
        log.flush();
        records.flushed();
        assertThat(log.durableEndOffset()).isEqualTo(records.end());
        disk.cutPower();
        directory.abandon();
        checkAfterCut(disk);
    }

    /** Goes on for a while after an error, as clients do. */
    private void work(LogDirectory directory, PartitionLog log, RandomGenerator random) {
        for (int step = 0; step < STEPS; step++) {
            try {
                switch (random.nextInt(12)) {
                    case 0 -> log.files().checkpoint(500);
                    case 1 -> writeCheckpoints(directory);
                    case 2 -> {
                        records.startMayBe(records.acknowledged());
                        log.advanceLogStart(
                                random.nextLong(log.logStartOffset(), records.acknowledged() + 1));
                    }
                    case 3 -> Batches.all(log);
                    default -> {
                        append(log, random);
                        if (random.nextInt(3) > 0) {
                            log.flush();
                            records.flushed();
                        }
                    }
                }
            } catch (KafkaStorageException | IOException e) {
                // Refused, or what was read could not be sent; what counts is what was not.
                assertThat(e).hasMessageNotContaining("the flusher ended");
            }
        }
    }

    private static void writeCheckpoints(LogDirectory directory) {
        try {
            directory.writeCheckpoints();
        } catch (IOException e) {
            directory.fail(e);
        }
    }

    private void append(PartitionLog log, RandomGenerator random) {
        String value = counter++ + "x".repeat(random.nextInt(400));
        long offset = log.logEndOffset();
        if (log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT) instanceof Append.Done done) {
            records.appended(done.baseOffset(), List.of(value));
        } else {
            // Refused, and yet it may be there: nobody was told of an offset.
            records.attempted(offset, value);
        }
    }

    private void checkAfterCut(SimulatedDisk disk) throws IOException {
        disk.restart();
        try (LogDirectory directory = open(disk)) {
            records.check(log(directory));
        }
    }
}
