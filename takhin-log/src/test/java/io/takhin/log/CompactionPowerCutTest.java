package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;

/**
 * A compacted log on a disk that loses what was not synced: of each key the last acknowledged
 * record, or a later one, is there after each power cut, and nothing that was not written.
 */
class CompactionPowerCutTest {
    private static final int CUTS = 10;
    private static final int KEYS = 6;
    private static final FlushRule RULE = new FlushRule(16 << 10, 1 << 10, 8 << 10, 4);
    private static final LogConfig CONFIG =
            Batches.config(1200, 100)
                    .with()
                    .cleanup(Cleanup.compact(0.1, 60_000))
                    .fileDeleteDelay(Duration.ZERO)
                    .build();

    /** What a topic's settings say is not known yet when its log is read back. */
    private static final LogConfig DEFAULTS = Batches.config(1200, 100);

    private final ManualClock clock = new ManualClock(Batches.NOW);

    /** Of the offsets below the end that were acknowledged, or are there now: "key=value". */
    private final TreeMap<Long, String> written = new TreeMap<>();

    private final Set<String> everWritten = new HashSet<>();
    private long acknowledged;
    private int counter;
    private int runsOfCompaction;

    @AfterEach
    void somethingWasCompacted() {
        assertThat(runsOfCompaction).isPositive();
    }

    @Seeded(runs = 20, cutsEach = CUTS)
    void theLastRecordOfEachKeySurvives(RandomGenerator random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        Path root = disk.root().resolve("data");
        try {
            for (int cut = 0; cut < CUTS; cut++) {
                disk.cutPowerAfter(60 + random.nextInt(240));
                workUntilCut(disk, root, random);
                disk.restart();
                while (random.nextBoolean()) {
                    cutWhileOpening(disk, root, random);
                }
                try (LogDirectory directory = open(root)) {
                    check(log(directory));
                }
            }
        } catch (AssertionError | RuntimeException | IOException e) {
            e.addSuppressed(
                    new IllegalStateException("the disk: " + String.join("\n", disk.history())));
            throw e;
        }
    }

    private LogDirectory open(Path root) throws IOException {
        LogDirectorySettings settings = Directories.settings(DEFAULTS, 1);
        return LogDirectory.open(root, settings, RULE, clock);
    }

    private static PartitionLog log(LogDirectory directory) {
        return Directories.orders(directory, CONFIG);
    }

    private void workUntilCut(SimulatedDisk disk, Path root, RandomGenerator random)
            throws IOException {
        LogDirectory directory = null;
        try {
            directory = open(root);
            PartitionLog log = log(directory);
            while (directory.isOnline() && !disk.isOut()) {
                step(directory, log, random);
            }
        } catch (KafkaStorageException | IOException e) {
            assertThat(disk.isOut()).as(e.toString()).isTrue();
        } finally {
            if (directory != null) {
                directory.abandon();
            }
        }
    }

    /** What the start finishes of a swap is worth as much as the swap. */
    private void cutWhileOpening(SimulatedDisk disk, Path root, RandomGenerator random)
            throws IOException {
        disk.cutPowerAfter(random.nextInt(25));
        try {
            open(root).abandon();
        } catch (IOException e) {
            assertThat(disk.isOut()).as(e.toString()).isTrue();
        }
        disk.cutPower();
        disk.restart();
    }

    private void step(LogDirectory directory, PartitionLog log, RandomGenerator random)
            throws IOException {
        switch (random.nextInt(12)) {
            case 0 -> Directories.settle(directory, log);
            case 1 -> compact(directory);
            default -> append(log, random);
        }
    }

    private void compact(LogDirectory directory) throws IOException {
        runsOfCompaction++;
        CompactionLook look =
                new CompactionLook(
                        directory,
                        PartitionLog::durableEndOffset,
                        clock,
                        Directories.unlimited(clock, 1 << 12));
        look.run();
    }

    private void append(PartitionLog log, RandomGenerator random) {
        String key = "k" + random.nextInt(KEYS);
        String value = counter++ + "x".repeat(random.nextInt(200));
        everWritten.add(log.logEndOffset() + " " + key + "=" + value);
        SimpleRecord record =
                new SimpleRecord(Batches.NOW, key.getBytes(UTF_8), value.getBytes(UTF_8));
        if (log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT)
                instanceof Append.Done done) {
            written.put(done.baseOffset(), key + "=" + value);
            if (random.nextInt(3) > 0) {
                log.flush();
                acknowledged = log.logEndOffset();
            }
        }
    }

    private void check(PartitionLog log) throws IOException {
        Map<Long, String> found = recordsOf(log);
        assertThat(log.logEndOffset()).isGreaterThanOrEqualTo(acknowledged);
        assertThat(everWritten)
                .containsAll(
                        found.entrySet().stream()
                                .map(each -> each.getKey() + " " + each.getValue())
                                .toList());
        Map<String, Long> lastFound = new HashMap<>();
        found.forEach((offset, text) -> lastFound.merge(keyOf(text), offset, Math::max));
        written.headMap(acknowledged)
                .forEach((offset, text) ->
                        assertThat(lastFound.getOrDefault(keyOf(text), -1L))
                                .as("last of %s, written at %d", keyOf(text), offset)
                                .isGreaterThanOrEqualTo(offset));
        written.tailMap(acknowledged).clear();
        written.putAll(found);
        log.flush();
        acknowledged = log.logEndOffset();
    }

    private static String keyOf(String text) {
        return text.substring(0, text.indexOf('='));
    }

    private static Map<Long, String> recordsOf(PartitionLog log) throws IOException {
        Map<Long, String> found = new TreeMap<>();
        long offset = log.logStartOffset();
        while (offset < log.logEndOffset()) {
            MemoryRecords read =
                    Batches.recordsOf(log.read(offset, 1 << 20, true, log.logEndOffset()));
            long next = offset;
            for (RecordBatch batch : read.batches()) {
                for (Record record : batch) {
                    found.put(
                            record.offset(),
                            UTF_8.decode(record.key()) + "=" + UTF_8.decode(record.value()));
                }
                next = batch.nextOffset();
            }
            if (next == offset) {
                break;
            }
            offset = next;
        }
        return found;
    }
}
