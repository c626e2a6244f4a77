package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.AfterEach;

/** A log in a directory on a disk that loses what was not synced; its segments are small. */
abstract class PowerCutFixture {
    private static final LogConfig CONFIG =
            Batches.config(1500, 100).with().fileDeleteDelay(Duration.ZERO).build();

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private int leaderEpoch;
    private boolean started;

    /** Of one start after the other. */
    LogDirectory directory = none();

    PartitionLog log = none();

    /** Set by {@link #start}. */
    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
    private static <T> T none() {
        return null;
    }

    void start(RandomGenerator random) throws IOException {
        disk = new SimulatedDisk(random);
        open();
        started = true;
    }

    /** Or its journal stays in memory, with the disk. */
    @AfterEach
    void leave() throws IOException {
        if (started) {
            directory.abandon();
        }
    }

    SimulatedDisk disk() {
        return disk;
    }

    void open() throws IOException {
        directory =
                LogDirectory.open(
                        disk.root().resolve("data"), Directories.settings(CONFIG, 1), clock);
        log = Directories.orders(directory, CONFIG);
    }

    /** The process ends, the machine goes on. */
    void kill() throws IOException {
        directory.abandon();
        open();
    }

    /** The process stops as it should, and starts again. */
    void stop() throws IOException {
        directory.close();
        open();
    }

    void cutPower() throws IOException {
        disk.cutPower();
        directory.abandon();
        disk.restart();
        open();
    }

    /**
     * The process ends, and in the next start the power goes after so many changes; at its end
     * where it has fewer. Returns whether it went before.
     */
    boolean killAndCutPowerAfter(int changes) throws IOException {
        directory.abandon();
        disk.cutPowerAfter(changes);
        try {
            open();
        } catch (IOException | KafkaStorageException e) {
            assertThat(disk.isOut()).as(e.toString()).isTrue();
        }
        boolean early = disk.isOut();
        cutPower();
        return early;
    }

    void append(String value) {
        assertThat(log.appendAsLeader(Batches.of(value), leaderEpoch, Origin.CLIENT))
                .isInstanceOf(Append.Done.class);
    }

    /** Some records, all of the same size, until there are so many segments. */
    void fill(int segments) {
        while (log.segmentCount() < segments) {
            append("x".repeat(200));
        }
    }

    void begin(long producer) {
        log.appendAsLeader(Batches.transactional(producer, 0, 0, "t"), leaderEpoch, Origin.CLIENT);
    }

    void rollBack(long producer) {
        log.appendAsLeader(
                Batches.marker(producer, 0, ControlRecordType.ABORT, 0),
                leaderEpoch,
                Origin.COORDINATOR);
    }

    /** As a follower does once another broker leads. */
    void truncateTo(long offset) {
        leaderEpoch++;
        log.truncateTo(offset);
    }

    /** All is durable, and the next start would know it. */
    void settle() throws IOException {
        log.flush();
        directory.writeCheckpoints();
    }

    List<Segment> segments() {
        return log.cleaning().view().segments();
    }

    /** The next start has to look at all batches. */
    void forgetEpochs() throws IOException {
        Files.delete(log.directory().resolve(LeaderEpochs.NAME));
    }
}
