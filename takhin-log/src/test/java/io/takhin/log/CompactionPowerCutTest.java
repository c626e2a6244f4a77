package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/**
 * A compacted log on a disk that loses what was not synced: of each key the last acknowledged
 * record, or a later one, is there after each power cut, and nothing that was not written. Keys are
 * deleted, transactions rolled back, records deleted at the start, also while segments are being
 * replaced, and all codecs are used.
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

    /** By key, where it was deleted. */
    private final Map<String, TreeSet<Long>> tombstones = new HashMap<>();

    private final Set<Long> rolledBack = new HashSet<>();
    private SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private long acknowledged;

    /** Records below may have been deleted; and below this one they are for good. */
    private long startMax;

    private long durableStart;
    private int counter;
    private int runsOfCompaction;

    @AfterEach
    void somethingWasCompacted() {
        assertThat(runsOfCompaction).isPositive();
    }

    @Seeded(runs = 20, cutsEach = CUTS)
    void theLastRecordOfEachKeySurvives(RandomGenerator random) throws IOException {
        disk = new SimulatedDisk(random);
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
                    check(log(directory), random);
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
        switch (random.nextInt(14)) {
            case 0 -> Directories.settle(directory, log);
            case 1 -> compact(directory, log, random);
            case 2 -> {
                if (random.nextInt(4) == 0) {
                    deleteRecords(directory, log, random);
                }
            }
            case 3 -> clock.advance(Duration.ofSeconds(random.nextInt(40)));
            default -> append(log, random);
        }
    }

    private void compact(LogDirectory directory, PartitionLog log, RandomGenerator random)
            throws IOException {
        runsOfCompaction++;
        Compaction.Pace pace =
                new Compaction.Pace(
                        1 << 12,
                        new Throttle(clock, 0),
                        () -> {
                            if (random.nextInt(100) == 0) {
                                deleteRecords(directory, log, random);
                            }
                            return false;
                        });
        new CompactionLook(directory, PartitionLog::durableEndOffset, clock, pace).run();
    }

    private void deleteRecords(LogDirectory directory, PartitionLog log, RandomGenerator random) {
        long start = log.logStartOffset();
        long below = random.nextLong(start, Math.max(start, log.durableEndOffset()) + 1);
        startMax = Math.max(startMax, below);
        try {
            log.advanceLogStart(below);
            if (random.nextBoolean()) {
                directory.groupCommit().commitAndWait(List.of(log));
                directory.writeCheckpoints();
                durableStart = !disk.isOut() ? log.logStartOffset() : durableStart;
            }
        } catch (KafkaStorageException | IOException e) {
            assertThat(disk.isOut()).as(e.toString()).isTrue();
        }
    }

    private void append(PartitionLog log, RandomGenerator random) {
        String key = "k" + random.nextInt(KEYS);
        boolean deleted = random.nextInt(6) == 0;
        String value = deleted ? "null" : counter++ + "x".repeat(random.nextInt(200));
        boolean inTransaction = random.nextInt(5) == 0;
        long producer = inTransaction ? ++counter : RecordBatch.NO_PRODUCER_ID;
        ByteBuffer batch = batch(random, producer, key, deleted ? null : value);
        long offset = log.logEndOffset();
        everWritten.add(offset + " " + key + "=" + value);
        if (!(log.appendAsLeader(batch, 0, Origin.CLIENT) instanceof Append.Done)) {
            return;
        }
        boolean counts = !inTransaction || end(log, producer, random.nextBoolean());
        if (counts) {
            written.put(offset, key + "=" + value);
            if (deleted) {
                tombstones.computeIfAbsent(key, _ -> new TreeSet<>()).add(offset);
            }
        }
        if (random.nextInt(3) > 0) {
            log.flush();
            acknowledged = log.logEndOffset();
        }
    }

    private static ByteBuffer batch(
            RandomGenerator random, long producer, String key, @Nullable String value) {
        CompressionType[] codecs = CompressionType.values();
        boolean inTransaction = producer >= 0;
        try (MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        ByteBuffer.allocate(1 << 10),
                        RecordBatch.CURRENT_MAGIC_VALUE,
                        Compression.of(codecs[random.nextInt(codecs.length)]).build(),
                        TimestampType.CREATE_TIME,
                        0L,
                        Batches.NOW,
                        producer,
                        inTransaction ? 0 : RecordBatch.NO_PRODUCER_EPOCH,
                        inTransaction ? 0 : RecordBatch.NO_SEQUENCE,
                        inTransaction,
                        RecordBatch.NO_PARTITION_LEADER_EPOCH)) {
            byte[] bytes = value == null ? null : value.getBytes(UTF_8);
            builder.append(Batches.NOW - random.nextInt(100_000), key.getBytes(UTF_8), bytes);
            return builder.build().buffer();
        }
    }

    /** Returns whether it was committed, as far as the test knows. */
    private boolean end(PartitionLog log, long producer, boolean commit) {
        if (!commit) {
            rolledBack.add(producer);
        }
        ControlRecordType type = commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        return log.appendAsLeader(Batches.marker(producer, 0, type, 1), 0, Origin.COORDINATOR)
                        instanceof Append.Done
                && commit;
    }

    private void check(PartitionLog log, RandomGenerator random) throws IOException {
        // What a cut left open did not count, and never will.
        for (ActiveProducer producer : log.activeProducers()) {
            if (producer.transactionStart() >= 0) {
                end(log, producer.producerId(), false);
            }
        }
        Map<Long, String> found = recordsOf(log);
        assertThat(log.logEndOffset()).isGreaterThanOrEqualTo(acknowledged);
        assertThat(log.logStartOffset()).isBetween(durableStart, Math.max(durableStart, startMax));
        assertThat(everWritten)
                .containsAll(
                        found.entrySet().stream()
                                .map(each -> each.getKey() + " " + each.getValue())
                                .toList());
        Map<String, Long> last = new HashMap<>();
        found.forEach((offset, text) -> last.merge(keyOf(text), offset, Math::max));
        tombstones.values().forEach(offsets -> offsets.tailSet(log.logEndOffset()).clear());
        tombstones.forEach((key, all) -> {
            if (!all.isEmpty()) {
                last.merge(key, all.last(), Math::max);
            }
        });
        written.subMap(Math.min(startMax, acknowledged), acknowledged)
                .forEach((offset, text) ->
                        assertThat(last.getOrDefault(keyOf(text), -1L))
                                .as("last of %s, written at %d", keyOf(text), offset)
                                .isGreaterThanOrEqualTo(offset));
        SurvivingRecords.checkEpochs(log);
        SurvivingRecords.checkSearches(log, random);
        written.tailMap(acknowledged).clear();
        written.putAll(found);
        log.flush();
        acknowledged = log.logEndOffset();
    }

    private static String keyOf(String text) {
        return text.substring(0, text.indexOf('='));
    }

    /** What readers of committed records see. */
    private Map<Long, String> recordsOf(PartitionLog log) throws IOException {
        Map<Long, String> found = new TreeMap<>();
        List<AbortedTransaction> aborted =
                log.abortedTransactions(log.logStartOffset(), log.logEndOffset());
        for (RecordBatch batch : Batches.batchesOf(log)) {
            boolean hidden =
                    aborted.stream()
                            .anyMatch(each ->
                                    each.producerId() == batch.producerId()
                                            && each.firstOffset() <= batch.baseOffset()
                                            && each.lastOffset() > batch.baseOffset());
            if (!batch.isControlBatch() && batch.iterator().hasNext()) {
                assertThat(hidden)
                        .as(
                                "rolled back: producer %d at %d",
                                batch.producerId(), batch.baseOffset())
                        .isEqualTo(rolledBack.contains(batch.producerId()));
            }
            if (batch.isControlBatch() || hidden) {
                continue;
            }
            for (Record record : batch) {
                String value = record.hasValue() ? UTF_8.decode(record.value()).toString() : "null";
                found.put(record.offset(), UTF_8.decode(record.key()) + "=" + value);
            }
        }
        found.keySet().removeIf(offset -> offset < log.logStartOffset());
        return found;
    }
}
