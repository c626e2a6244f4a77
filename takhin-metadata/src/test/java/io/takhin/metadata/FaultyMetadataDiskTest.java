package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.base.Clock;
import io.takhin.log.LogConfig;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import io.takhin.testkit.disk.SimulatedDisk.Call;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.junit.jupiter.api.io.TempDir;

/**
 * A call to the disk under the metadata log and its snapshots fails, or there is no space for it;
 * then the power goes. What was appended before is there, and a sync that failed is never followed
 * by one that seems to succeed.
 */
class FaultyMetadataDiskTest {
    private static final int STEPS = 80;
    private static final LogConfig CONFIG =
            LogConfig.builder()
                    .segmentBytes(1500)
                    .indexIntervalBytes(200)
                    .timestampAfterMaxMillis(Long.MAX_VALUE)
                    .build();

    /** Kafka's snapshot reader opens files as files: it gets copies. */
    @TempDir Path copies;

    private final SurvivingMetadata records = new SurvivingMetadata();

    private MetadataLog open(SimulatedDisk disk) throws IOException {
        // Nobody waits for space here.
        DiskRoom room = new DiskRoom(disk.root());
        room.stop();
        return MetadataLog.open(
                disk.root(), CONFIG, Clock.SYSTEM, new MetadataLog.Disk(new Faults(_ -> {}), room));
    }

    @Seeded(runs = 50, cutsEach = 1)
    void anErrorOfAWriteLosesNothingThatWasAppended(RandomGenerator random) throws IOException {
        fail(Call.WRITE, random);
    }

    @Seeded(runs = 50, cutsEach = 1)
    void anErrorOfASyncLosesNothingThatWasAppended(RandomGenerator random) throws IOException {
        fail(Call.SYNC, random);
    }

    @Seeded(runs = 50, cutsEach = 1)
    void anErrorOfARenameLosesNothingThatWasAppended(RandomGenerator random) throws IOException {
        fail(Call.NAME, random);
    }

    @Seeded(runs = 50, cutsEach = 1)
    void anErrorOfAReadLosesNothingThatWasAppended(RandomGenerator random) throws IOException {
        fail(Call.READ, random);
    }

    private void fail(Call call, RandomGenerator random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        disk.copyFilesTo(copies);
        MetadataLog log = open(disk);
        disk.failAfter(call, random.nextInt(60));
        boolean failed = work(log, random);
        if (failed && call == Call.SYNC) {
            assertThatThrownBy(() -> records.append(log, random))
                    .isInstanceOf(KafkaStorageException.class);
        }
        endWithACut(disk, log);
    }

    @Seeded(runs = 50, cutsEach = 1)
    void aFullDiskLosesNothingThatWasAppendedAndIsGotOver(RandomGenerator random)
            throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        disk.copyFilesTo(copies);
        MetadataLog log = open(disk);
        disk.leaveFree(random.nextInt(20_000));
        var _ = work(log, random);

        records.refused(log);
        disk.leaveFree(1 << 20);
        records.append(log, random);

        endWithACut(disk, log);
    }

    /** Returns whether a call failed. */
    private boolean work(MetadataLog log, RandomGenerator random) {
        try {
            for (int step = 0; step < STEPS; step++) {
                records.step(log, random);
            }
            return false;
        } catch (KafkaStorageException | UncheckedIOException | IllegalStateException e) {
            return true;
        }
    }

    private void endWithACut(SimulatedDisk disk, MetadataLog log) throws IOException {
        disk.cutPower();
        try {
            log.close();
        } catch (KafkaStorageException _) {
            // Nothing can be written without power, and nothing needs to be.
        }
        disk.restart();
        try (MetadataLog after = open(disk)) {
            records.check(after);
        }
    }
}
