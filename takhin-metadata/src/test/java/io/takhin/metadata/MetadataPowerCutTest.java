package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.log.DurableMark;
import io.takhin.log.LogConfig;
import io.takhin.log.PartitionLog;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.io.TempDir;

/**
 * The metadata log on a disk that loses what was not synced: what was appended, and snapshots that
 * were frozen, are there after each power cut, and together tell all that ever was.
 */
class MetadataPowerCutTest {
    private static final int CUTS = 10;
    private static final int STEPS_BETWEEN_STOPS = 20;
    private static final long NANOS_BETWEEN_LOOKS = Duration.ofSeconds(2).toNanos();

    /** Kafka's snapshot reader opens files as files: it gets copies. */
    @TempDir Path copies;

    private long nanos;

    /** Runs fast enough for what is done every few seconds. */
    private final Clock clock =
            new Clock() {
                @Override
                public long wallMillis() {
                    return Clock.SYSTEM.wallMillis();
                }

                @Override
                public long nanos() {
                    nanos += NANOS_BETWEEN_LOOKS;
                    return nanos;
                }
            };

    private final SurvivingMetadata records = new SurvivingMetadata();

    @Seeded(runs = 20, cutsEach = CUTS)
    void nothingThatWasAppendedIsLost(RandomGenerator random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        disk.copyFilesTo(copies);
        LogConfig config =
                LogConfig.builder()
                        .segmentBytes(600 + random.nextInt(1500))
                        .indexIntervalBytes(200)
                        .timestampAfterMaxMillis(Long.MAX_VALUE)
                        .build();
        Path data = disk.root();
        try {
            for (int cut = 0; cut < CUTS; cut++) {
                disk.cutPowerAfter(random.nextInt(80));
                run(disk, data, config, random);
                disk.restart();
            }
            MetadataLog log = MetadataLog.open(data, config, clock);
            records.check(log);
            log.close();
        } catch (AssertionError | RuntimeException | IOException e) {
            e.addSuppressed(
                    new IllegalStateException("the disk: " + String.join("\n", disk.history())));
            throw e;
        }
    }

    private void run(SimulatedDisk disk, Path data, LogConfig config, RandomGenerator random) {
        MetadataLog log = null;
        try {
            log = MetadataLog.open(data, config, clock);
            records.check(log);
            while (true) {
                records.step(log, random);
                if (random.nextInt(STEPS_BETWEEN_STOPS) == 0) {
                    log.close();
                    log = MetadataLog.open(data, config, clock);
                    records.check(log);
                }
            }
        } catch (IOException
                | UncheckedIOException
                | KafkaStorageException
                | IllegalStateException e) {
            assertThat(disk.isOut()).as(e.toString()).isTrue();
        } finally {
            if (log != null) {
                letGo(log);
            }
        }
    }

    private static final LogConfig CONFIG =
            LogConfig.builder().timestampAfterMaxMillis(Long.MAX_VALUE).build();

    /** It appended, and was killed before its flush: a leader counts what the next one fetches. */
    @Seeded(runs = 20, cutsEach = 1)
    void whatAKilledProcessLeftInMemoryIsDurableOnceTheLogIsOpen(RandomGenerator random)
            throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        disk.copyFilesTo(copies);
        for (int flushed = random.nextInt(3); flushed > 0; flushed--) {
            try (MetadataLog log = MetadataLog.open(disk.root(), CONFIG, clock)) {
                records.append(log, random);
            }
        }
        long end = appendWithoutFlush(disk);

        assertThat(MetadataLog.open(disk.root(), CONFIG, clock).endOffset().offset())
                .isEqualTo(end);
        disk.cutPower();
        disk.restart();

        try (MetadataLog log = MetadataLog.open(disk.root(), CONFIG, clock)) {
            assertThat(log.endOffset().offset()).isEqualTo(end);
            records.check(log);
        }
    }

    /** Returns the log's end. */
    private long appendWithoutFlush(SimulatedDisk disk) throws IOException {
        Path directory = disk.root().resolve(MetadataLog.PARTITION.toString());
        PartitionLog log =
                DurableMark.read(directory, clock)
                        .openLog(MetadataLog.PARTITION, Uuid.METADATA_TOPIC_ID, CONFIG, _ -> {});
        MemoryRecords batch =
                MemoryRecords.withRecords(
                        log.logEndOffset(), Compression.NONE, 1, new SimpleRecord(new byte[100]));
        log.appendAsFollower(batch.buffer());
        return log.logEndOffset();
    }

    /** Stopped, or killed between two appends. */
    @Seeded(runs = 4)
    void aStartWaitsForNoSyncWhereAllIsDurable(RandomGenerator random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        disk.copyFilesTo(copies);
        MetadataLog before = MetadataLog.open(disk.root(), CONFIG, clock);
        records.append(before, random);
        if (random.nextBoolean()) {
            before.close();
        }
        disk.failAfter(SimulatedDisk.Call.SYNC, 0);

        MetadataLog log = MetadataLog.open(disk.root(), CONFIG, clock);

        assertThat(disk.hasFailed()).isFalse();
        records.check(log);
    }

    private static void letGo(MetadataLog log) {
        try {
            log.close();
        } catch (KafkaStorageException _) {
            // Nothing can be written without power, and nothing needs to be.
        }
    }
}
