package io.takhin.log;

import com.sun.management.OperatingSystemMXBean;
import io.takhin.base.Clock;
import io.takhin.log.file.DeadFiles;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * How fast one log is compacted, and in how much memory. Each key is written about ten times, in
 * random order. Prints a JSON line for each case, and another one for Kafka's own cleaner on a copy
 * of the same files, right behind.
 *
 * <p>Arguments: a directory on the disk in question, MiB of records for each case (at least 512: a
 * log that fits into one segment has nothing to compact). The pace is that of {@code
 * -Dbytes.per.second=67108864}; none by default.
 */
public final class CompactionBenchmark {
    private static final int SEGMENT_BYTES = 64 << 20;
    private static final int BATCH_BYTES = 64 << 10;
    private static final int WRITTEN_TIMES = 10;
    private static final long MAP_BYTES_MAX = 32 << 20;

    private final Path root;
    private final long bytes;
    private final long bytesPerSecond = Long.getLong("bytes.per.second", 0);
    private final PrintStream out;
    private final OperatingSystemMXBean system =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private CompactionBenchmark(Path root, long bytes, PrintStream out) {
        this.root = root;
        this.bytes = bytes;
        this.out = out;
    }

    /** What the records are like. */
    private record Case(int recordBytes, CompressionType codec) {}

    public static void main(String[] args) throws Exception {
        long bytes = Long.parseLong(args[1]) << 20;
        CompactionBenchmark benchmark =
                new CompactionBenchmark(Path.of(args[0]), bytes, System.out);
        // The first is run twice: it finds nothing compiled.
        benchmark.run(new Case(1000, CompressionType.NONE));
        for (CompressionType codec :
                new CompressionType[] {
                    CompressionType.NONE, CompressionType.LZ4, CompressionType.ZSTD
                }) {
            benchmark.run(new Case(1000, codec));
            benchmark.run(new Case(100, codec));
        }
    }

    private void run(Case one) throws IOException {
        Path directory = Files.createTempDirectory(root, "compaction-");
        try {
            Path copy;
            try (LogDirectory opened = open(directory)) {
                PartitionLog log = opened.open(new TopicPartition("t", 0), Uuid.ONE_UUID, CONFIG);
                fill(log, one);
                log.flush();
                opened.writeCheckpoints();
                copy = copy(directory.resolve("t-0"), directory.resolve("copy"));
                compact(log, one);
            }
            compactByKafka(copy, one);
        } finally {
            DeadFiles.remove(directory);
        }
    }

    private static LogDirectory open(Path directory) throws IOException {
        return LogDirectory.open(
                directory,
                new LogDirectorySettings(CONFIG, Duration.ofDays(1), Duration.ofDays(1), 1),
                Clock.SYSTEM);
    }

    private static Path copy(Path partition, Path parent) throws IOException {
        Path copy = Files.createDirectories(parent.resolve(partition.getFileName()));
        try (Stream<Path> files = Files.list(partition)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        return copy;
    }

    private void compactByKafka(Path partition, Case one) throws IOException {
        try (KafkaCompaction kafka =
                new KafkaCompaction(partition, SEGMENT_BYTES, CONFIG.messageBytesMax())) {
            long bytesBefore = kafka.bytes();
            long cpu = system.getProcessCpuTime();
            long begin = System.nanoTime();
            long records = kafka.run();
            long nanos = System.nanoTime() - begin;
            out.printf(
                    Locale.ROOT,
                    "{\"test\":\"compaction by kafka\",\"record_bytes\":%d,\"codec\":\"%s\","
                            + "\"bytes\":%d,\"bytes_after\":%d,\"cleaned_offsets\":%d,"
                            + "\"millis\":%d,\"mb_s\":%.0f,\"records_s\":%.0f,"
                            + "\"cpu_s_gb\":%.2f}%n",
                    one.recordBytes(),
                    one.codec().name,
                    bytesBefore,
                    kafka.bytes(),
                    records,
                    nanos / 1_000_000,
                    bytesBefore * 1e3 / nanos,
                    records * 1e9 / nanos,
                    (double) (system.getProcessCpuTime() - cpu) / bytesBefore);
        }
    }

    private void fill(PartitionLog log, Case one) {
        SplittableRandom random = new SplittableRandom(7);
        long records = bytes / one.recordBytes();
        int keys = (int) Math.max(1, records / WRITTEN_TIMES);
        SimpleRecord[] batch = new SimpleRecord[Math.max(1, BATCH_BYTES / one.recordBytes())];
        for (long written = 0; written < records; written += batch.length) {
            for (int i = 0; i < batch.length; i++) {
                batch[i] = record(random, keys, one.recordBytes());
            }
            ByteBuffer bytes =
                    MemoryRecords.withRecords(Compression.of(one.codec()).build(), batch).buffer();
            log.appendAsLeader(bytes, 0, Origin.CLIENT);
        }
    }

    /** Half of it random, as text and numbers are that compress to a half. */
    private static SimpleRecord record(SplittableRandom random, int keys, int bytes) {
        byte[] value = new byte[bytes - 30];
        byte[] noise = new byte[value.length / 2];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, value, 0, noise.length);
        byte[] key =
                "key-%012d"
                        .formatted(random.nextInt(keys))
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return new SimpleRecord(System.currentTimeMillis(), key, value);
    }

    private void compact(PartitionLog log, Case one) throws IOException {
        LogView view = log.cleaning().view();
        DirtySection section =
                DirtySection.of(
                        view,
                        CONFIG.cleanup(),
                        new DirtySection.Bounds(0, log.logEndOffset(), log.recoveryPoint()),
                        System.currentTimeMillis());
        Compaction.Pace pace =
                new Compaction.Pace(
                        MAP_BYTES_MAX, new Throttle(Clock.SYSTEM, bytesPerSecond), () -> false);
        long cpu = system.getProcessCpuTime();
        long begin = System.nanoTime();
        Compaction.Outcome outcome;
        try (Compaction run = new Compaction(log.cleaning(), view, section, pace)) {
            outcome = run.run();
        }
        if (outcome instanceof Compaction.Outcome.Done done) {
            print(one, section, done, System.nanoTime() - begin, system.getProcessCpuTime() - cpu);
        } else {
            throw new IllegalStateException(outcome.toString());
        }
    }

    private void print(
            Case one, DirtySection section, Compaction.Outcome.Done done, long nanos, long cpu) {
        long mapBytes;
        try (OffsetMap map = OffsetMap.of(section.end() - section.first(), MAP_BYTES_MAX)) {
            mapBytes = map.sizeInBytes();
        }
        out.printf(
                Locale.ROOT,
                "{\"test\":\"compaction\",\"record_bytes\":%d,\"codec\":\"%s\",\"bytes\":%d,"
                        + "\"bytes_after\":%d,\"cleaned_offsets\":%d,\"dirty_offsets\":%d,"
                        + "\"millis\":%d,\"mb_s\":%.0f,\"records_s\":%.0f,\"cpu_s_gb\":%.2f,"
                        + "\"map_bytes\":%d,\"heap_bytes\":%d,\"direct_bytes\":%d}%n",
                one.recordBytes(),
                one.codec().name,
                done.bytesBefore(),
                done.bytesAfter(),
                done.cleanedBelow() - section.first(),
                section.end() - section.first(),
                nanos / 1_000_000,
                done.bytesBefore() * 1e3 / nanos,
                (done.cleanedBelow() - section.first()) * 1e9 / nanos,
                (double) cpu / done.bytesBefore(),
                mapBytes,
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .mapToLong(BufferPoolMXBean::getMemoryUsed)
                        .sum());
    }

    private static final LogConfig CONFIG =
            LogConfig.builder()
                    .segmentBytes(SEGMENT_BYTES)
                    .messageBytesMax(1 << 20)
                    .timestampAfterMaxMillis(Duration.ofHours(1).toMillis())
                    .flushAge(Duration.ofDays(1))
                    .fileDeleteDelay(Duration.ZERO)
                    .cleanup(Cleanup.compact(0, 0))
                    .build();
}
