package io.takhin.log;

import com.sun.management.OperatingSystemMXBean;
import io.takhin.base.Clock;
import io.takhin.log.file.DeadFiles;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * How long it takes until a batch for each of some partitions is durable, by how it is made so: a
 * sync of each file, one of the file system, or the journal. Prints a JSON line for each case.
 *
 * <p>Arguments: a directory on the disk in question, seconds for each case, then any of the modes
 * {@code each}, {@code syncfs}, {@code journal}, {@code measured} and any numbers of partitions;
 * all where none are named. Bytes of a batch: {@code -Dbatch=4096,131072}.
 */
public final class GroupCommitBenchmark {
    private static final List<Integer> PARTITIONS = List.of(1, 6, 100, 1000, 10_000);
    private static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int HALF_BYTES = 64 << 20;

    private final Path root;
    private final PrintStream out;
    private final OperatingSystemMXBean system =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private GroupCommitBenchmark(Path root, PrintStream out) {
        this.root = root;
        this.out = out;
    }

    private enum Mode {
        EACH,
        SYNCFS,
        JOURNAL,
        MEASURED;

        FlushRule rule() {
            return switch (this) {
                case EACH -> new FlushRule(0, 0, 0, Integer.MAX_VALUE);
                case SYNCFS -> new FlushRule(0, 0, 0, 1);
                case JOURNAL -> new FlushRule(HALF_BYTES, 512 << 10, HALF_BYTES / 2, 4);
                case MEASURED -> FlushRule.MEASURED;
            };
        }

        boolean journals(int partitions, long bytes) {
            FlushRule rule = rule();
            return rule.usesJournal()
                    && bytes + 200 <= rule.rangeBytesMax()
                    && (bytes + 200) * partitions <= rule.roundBytesMax();
        }
    }

    public static void main(String[] args) throws Exception {
        Path root = Path.of(args[0]);
        Duration time = Duration.ofSeconds(Long.parseLong(args[1]));
        List<String> rest = Arrays.asList(args).subList(2, args.length);
        List<Mode> modes =
                Arrays.stream(Mode.values())
                        .filter(mode -> rest.contains(mode.name().toLowerCase(Locale.ROOT)))
                        .toList();
        List<Integer> partitions =
                rest.stream().filter(word -> word.matches("\\d+")).map(Integer::valueOf).toList();
        GroupCommitBenchmark benchmark = new GroupCommitBenchmark(root, System.out);
        for (int count : partitions.isEmpty() ? PARTITIONS : partitions) {
            for (String bytes : System.getProperty("batch", "4096,131072").split(",", -1)) {
                for (Mode mode : modes.isEmpty() ? Arrays.asList(Mode.values()) : modes) {
                    benchmark.run(mode, count, Integer.parseInt(bytes), time);
                }
            }
        }
    }

    private void run(Mode mode, int partitions, int bytes, Duration time)
            throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory(root, "group-commit-");
        try {
            LogDirectory opened =
                    LogDirectory.open(
                            directory,
                            new LogDirectorySettings(
                                    CONFIG, Duration.ofDays(1), Duration.ofSeconds(5), 2),
                            mode.rule(),
                            Clock.SYSTEM);
            Rounds rounds = new Rounds(opened, partitions, bytes);
            rounds.warmUp(mode.journals(partitions, bytes));
            long cpu = system.getProcessCpuTime();
            long[] nanos = rounds.run(time);
            print(mode, partitions, bytes, nanos, system.getProcessCpuTime() - cpu);
            opened.close();
        } finally {
            DeadFiles.remove(directory);
        }
    }

    private void print(Mode mode, int partitions, int bytes, long[] nanos, long cpuNanos) {
        Arrays.sort(nanos);
        out.printf(
                Locale.ROOT,
                "{\"test\":\"group-commit\",\"mode\":\"%s\",\"partitions\":%d,\"bytes\":%d,"
                        + "\"rounds\":%d,\"p50_us\":%d,\"p99_us\":%d,\"max_us\":%d,"
                        + "\"cpu_us_round\":%d}%n",
                mode.name().toLowerCase(Locale.ROOT),
                partitions,
                bytes,
                nanos.length,
                nanos[nanos.length / 2] / 1000,
                nanos[(int) (nanos.length * 0.99)] / 1000,
                nanos[nanos.length - 1] / 1000,
                cpuNanos / 1000 / nanos.length);
    }

    private static final LogConfig CONFIG =
            LogConfig.builder()
                    .messageBytesMax(1 << 20)
                    .timestampAfterMaxMillis(Duration.ofHours(1).toMillis())
                    .flushAge(Duration.ofDays(1))
                    .build();

    /** One batch for every partition, again and again. */
    private static final class Rounds {
        private final LogDirectory directory;
        private final List<PartitionLog> logs = new ArrayList<>();
        private final ByteBuffer batch;
        private final AtomicReference<CountDownLatch> running =
                new AtomicReference<>(new CountDownLatch(0));

        Rounds(LogDirectory directory, int partitions, int bytes) {
            this.directory = directory;
            this.batch =
                    MemoryRecords.withRecords(
                                    Compression.NONE,
                                    new SimpleRecord(
                                            System.currentTimeMillis(), null, new byte[bytes]))
                            .buffer();
            for (int i = 0; i < partitions; i++) {
                PartitionLog log =
                        directory.open(new TopicPartition("t", i), Uuid.ONE_UUID, CONFIG);
                log.onDurable((_, _) -> running.get().countDown());
                logs.add(log);
            }
        }

        /** Until files have their names, and the journal its place. */
        void warmUp(boolean journals) throws InterruptedException {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            int rounds = 0;
            while (System.nanoTime() < end && (rounds++ < 20 || (journals && !isJournalReady()))) {
                round();
            }
        }

        private boolean isJournalReady() {
            return directory.groupCommit().backlog().journalCapacity() == 2L * HALF_BYTES;
        }

        long[] run(Duration time) throws InterruptedException {
            List<Long> nanos = new ArrayList<>();
            long start = System.nanoTime();
            long due = start;
            while (due - start < time.toNanos()) {
                nanos.add(round());
                due = Math.max(due + ROUND_NANOS, System.nanoTime());
                LockSupport.parkNanos(due - System.nanoTime());
            }
            return nanos.stream().mapToLong(Long::longValue).toArray();
        }

        private long round() throws InterruptedException {
            CountDownLatch done = new CountDownLatch(logs.size());
            running.set(done);
            for (PartitionLog log : logs) {
                append(log);
            }
            long start = System.nanoTime();
            logs.forEach(PartitionLog::requestFlush);
            done.await();
            return System.nanoTime() - start;
        }

        /** A round without records would be a fast one. */
        private void append(PartitionLog log) {
            // The append before wrote its offset into the batch.
            BatchHeader.setBaseOffset(batch, 0, 0);
            Append outcome = log.appendAsLeader(batch.duplicate(), 0, Origin.CLIENT);
            if (!(outcome instanceof Append.Done)) {
                throw new IllegalStateException("not appended: " + outcome);
            }
        }
    }
}
