package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.io.TempDir;

/**
 * S83: the same log compacted here and by Kafka's own cleaner gives the same files; and each round
 * Kafka begins with what was made here.
 */
class CompactionSameAsKafkaTest {
    private static final long TOMBSTONE_MILLIS = 60_000;
    private static final int ROUNDS = 4;
    private static final int LARGE_MAP = 1 << 20;
    private static final LogConfig PLAIN = Batches.config(4000, 200);
    private static final LogConfig COMPACTED =
            PLAIN.withCleanup(Cleanup.compact(0, TOMBSTONE_MILLIS));

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);

    @Seeded(runs = 20)
    void compactionGivesTheSameFiles(RandomGenerator random) throws IOException {
        compareRounds(random, LARGE_MAP);
    }

    // Markers are looked at more often than in the one run of Kafka: they are not compared.
    @Seeded(runs = 10)
    void severalRunsLeaveTheRecordsThatOneRunOfKafkasLeaves(RandomGenerator random)
            throws IOException {
        compareRounds(random, 16 * OffsetMap.SLOT_BYTES);
    }

    private void compareRounds(RandomGenerator random, int mapBytes) throws IOException {
        RandomLog writer = new RandomLog(random);
        long cleanedBelow = 0;
        for (int round = 0; round < ROUNDS; round++) {
            try (LogDirectory directory = Directories.open(ours(), PLAIN, clock)) {
                writer.append(Directories.orders(directory, PLAIN), 40 + random.nextInt(60));
            }
            Path copy = copyForKafka(round);
            cleanedBelow = compactBoth(copy, cleanedBelow, mapBytes);
            clock.advance(Duration.ofMillis(random.nextBoolean() ? TOMBSTONE_MILLIS + 1 : 10));
        }
    }

    private Path ours() {
        return root.resolve("takhin");
    }

    private Path copyForKafka(int round) throws IOException {
        Path copy = root.resolve("kafka" + round).resolve("orders-0");
        Files.createDirectories(copy);
        try (Stream<Path> files = Files.list(ours().resolve("orders-0"))) {
            for (Path file : files.toList()) {
                Files.copy(
                        file,
                        copy.resolve(file.getFileName()),
                        java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        return copy;
    }

    /** Returns up to where the log is compacted now. */
    private long compactBoth(Path kafkas, long cleanedBelow, int mapBytes) throws IOException {
        try (LogDirectory directory = Directories.open(ours(), COMPACTED, clock);
                KafkaLog kafka = KafkaLog.open(kafkas, COMPACTED, true)) {
            PartitionLog log = Directories.orders(directory, COMPACTED);
            Directories.settle(directory, log);
            kafka.log().updateHighWatermark(kafka.log().logEndOffset());
            DirtySection section = section(log, cleanedBelow);
            if (section.dirtyBytes() == 0) {
                return cleanedBelow;
            }
            KafkaLog.Cleaning expected = kafka.compact(cleanedBelow, LARGE_MAP, clock.wallMillis());
            assertThat(section.end()).isEqualTo(expected.sectionEnd());
            assertThat(section.dirtyBytes()).isEqualTo(expected.dirtyBytes());
            assertThat(section.ratio()).isEqualTo(expected.ratio());
            long cleaned = compact(log, section, mapBytes);
            if (mapBytes == LARGE_MAP) {
                assertThat(cleaned).isEqualTo(expected.cleanedBelow());
                assertThat(files(log.directory())).isEqualTo(files(kafkas));
            } else {
                cleaned = compactAll(log, cleaned, mapBytes);
                assertThat(records(log.directory())).isEqualTo(records(kafkas));
            }
            compareProducers(log, kafka);
            return cleaned;
        }
    }

    private long compactAll(PartitionLog log, long from, int mapBytes) throws IOException {
        long cleaned = from;
        for (DirtySection next = section(log, cleaned);
                next.first() < next.end();
                next = section(log, cleaned)) {
            long before = cleaned;
            cleaned = compact(log, next, mapBytes);
            assertThat(cleaned).isGreaterThan(before);
        }
        return cleaned;
    }

    /** What consumers would see, markers left out: offset, key, value, time and headers. */
    private static List<String> records(Path partition) throws IOException {
        List<String> records = new ArrayList<>();
        try (Stream<Path> files = Files.list(partition)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(PartitionFiles.LOG))
                            .sorted()
                            .toList()) {
                for (RecordBatch batch :
                        MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(file)))
                                .batches()) {
                    if (!batch.isControlBatch()) {
                        batch.forEach(record -> records.add(text(record)));
                    }
                }
            }
        }
        return records;
    }

    private static String text(Record record) {
        return record.offset()
                + " "
                + record.timestamp()
                + " "
                + (record.hasKey() ? Utils.utf8(record.key()) : null)
                + "="
                + (record.hasValue() ? Utils.utf8(record.value()) : null)
                + Arrays.toString(record.headers());
    }

    private DirtySection section(PartitionLog log, long cleanedBelow) throws IOException {
        DirtySection.Bounds bounds =
                new DirtySection.Bounds(
                        cleanedBelow,
                        log.lastStableOffset(log.logEndOffset()),
                        log.cleaning().recoveryPoint());
        return DirtySection.of(
                log.cleaning().view(), COMPACTED.cleanup(), bounds, clock.wallMillis());
    }

    private long compact(PartitionLog log, DirtySection section, int mapBytes) {
        try (Compaction run =
                new Compaction(
                        log.cleaning(),
                        log.cleaning().view(),
                        section,
                        Directories.unlimited(clock, mapBytes))) {
            Compaction.Outcome outcome = run.run();
            assertThat(outcome).isInstanceOf(Compaction.Outcome.Done.class);
            return ((Compaction.Outcome.Done) outcome).cleanedBelow();
        }
    }

    /** Records and rolled back transactions, byte by byte; indexes may have other entries. */
    private static Map<String, String> files(Path partition) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(partition)) {
            List<Path> compared =
                    files.filter(file ->
                                    file.toString().endsWith(PartitionFiles.LOG)
                                            || file.toString()
                                                    .endsWith(PartitionFiles.TRANSACTION_INDEX))
                            .toList();
            for (Path file : compared) {
                if (Files.size(file) > 0 || file.toString().endsWith(PartitionFiles.LOG)) {
                    contents.put(
                            file.getFileName().toString(),
                            Files.size(file) + ":" + Utils.murmur2(Files.readAllBytes(file)));
                }
            }
        }
        return contents;
    }

    private static void compareProducers(PartitionLog log, KafkaLog kafka) {
        assertThat(
                        log.activeProducers().stream()
                                .collect(
                                        Collectors.toMap(
                                                ActiveProducer::producerId,
                                                one -> one.epoch() + "/" + one.lastSequence())))
                .isEqualTo(
                        kafka.log().activeProducers().stream()
                                .collect(
                                        Collectors.toMap(
                                                one -> one.producerId(),
                                                one ->
                                                        one.producerEpoch()
                                                                + "/"
                                                                + one.lastSequence())));
    }
}
