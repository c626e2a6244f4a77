package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a log makes of files that a crash left half written. */
class TornLogTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final LogConfig CONFIG = Batches.config(2048, 200);

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final List<String> written = new ArrayList<>();

    private Path partition() {
        return root.resolve("orders-0");
    }

    private LogDirectory open() throws IOException {
        return LogDirectory.open(root, Directories.settings(CONFIG, 2), clock);
    }

    private static PartitionLog orders(LogDirectory directory) {
        return directory.open(PARTITION, Uuid.ONE_UUID, CONFIG);
    }

    private void append(PartitionLog log, int count) {
        for (int i = 0; i < count; i++) {
            String value = "v" + written.size();
            int sequence = written.size();
            log.appendAsLeader(
                    Batches.idempotent(5, 0, sequence, value), sequence / 20, Origin.CLIENT);
            written.add(sequence + "=" + value);
        }
    }

    private List<Path> files(String suffix) throws IOException {
        try (Stream<Path> files = Files.list(partition())) {
            return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
        }
    }

    /** A prefix of what was written, as long as what was durable, and a log that goes on. */
    private void checkRecovered(int durable) throws IOException {
        LogDirectory directory = open();
        PartitionLog log = orders(directory);
        List<String> found = Batches.all(log);

        assertThat(found).isEqualTo(written.subList(0, found.size()));
        assertThat(found.size()).isGreaterThanOrEqualTo(durable);
        assertThat(log.logEndOffset()).isEqualTo(found.size());
        written.subList(found.size(), written.size()).clear();
        append(log, 10);
        assertThat(Batches.all(log)).isEqualTo(written);
        assertThat(log.activeProducers().getFirst().lastSequence()).isEqualTo(written.size() - 1);
        directory.close();
        try (KafkaLog kafka = KafkaLog.open(partition(), CONFIG, true)) {
            assertThat(kafka.all()).isEqualTo(written);
        }
    }

    @Seeded(runs = 20)
    void aPrefixSurvivesWhateverHappensToTheTail(RandomGenerator random) throws IOException {
        LogDirectory directory = open();
        PartitionLog log = orders(directory);
        append(log, 1 + random.nextInt(60));
        log.flush();
        directory.writeCheckpoints();
        int durable = written.size();
        append(log, random.nextInt(60));
        long durableSegment = lastBaseAtOrBelow(durable);
        long durableBytes = positionOf(durableSegment, durable);
        directory.abandon();

        damage(random, durableSegment, durableBytes);

        checkRecovered(durable);
    }

    private long lastBaseAtOrBelow(long offset) throws IOException {
        return files(PartitionFiles.LOG).stream()
                .mapToLong(TornLogTest::baseOf)
                .filter(base -> base <= offset)
                .max()
                .orElseThrow();
    }

    private long positionOf(long segment, long offset) throws IOException {
        Path file = PartitionFiles.log(partition(), segment);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            BatchScanner scanner = new BatchScanner(channel, 0, (int) channel.size(), 4096);
            while (scanner.next()) {
                if (scanner.lastOffset() >= offset) {
                    break;
                }
            }
            return scanner.position();
        }
    }

    private static long baseOf(Path segment) {
        return PartitionFiles.offsetOf(segment.getFileName().toString(), PartitionFiles.LOG);
    }

    private void damage(RandomGenerator random, long segment, long durableBytes)
            throws IOException {
        // Segments before the durable end were on disk as they were written.
        List<Path> logs =
                files(PartitionFiles.LOG).stream().filter(file -> baseOf(file) >= segment).toList();
        Path victim = logs.get(random.nextInt(logs.size()));
        long safe = baseOf(victim) == segment ? durableBytes : 0;
        try (FileChannel channel = FileChannel.open(victim, StandardOpenOption.WRITE)) {
            long unsafe = channel.size() - safe;
            switch (random.nextInt(4)) {
                case 0 -> channel.truncate(safe + (unsafe == 0 ? 0 : random.nextLong(unsafe)));
                case 1 -> overwrite(channel, random, safe, unsafe, false);
                case 2 -> overwrite(channel, random, safe, unsafe, true);
                default -> channel.write(ByteBuffer.allocate(random.nextInt(3000)), channel.size());
            }
        }
        spoil(random, PartitionFiles.offsetIndex(partition(), segment));
        spoil(random, PartitionFiles.timeIndex(partition(), segment));
    }

    private static void spoil(RandomGenerator random, Path index) throws IOException {
        if (random.nextBoolean()) {
            byte[] noise = new byte[random.nextInt(100)];
            random.nextBytes(noise);
            Files.write(index, noise);
        }
    }

    private static void overwrite(
            FileChannel channel, RandomGenerator random, long safe, long unsafe, boolean zeros)
            throws IOException {
        if (unsafe == 0) {
            return;
        }
        long from = safe + random.nextLong(unsafe);
        byte[] bytes = new byte[(int) Math.min(channel.size() - from, 1 + random.nextInt(300))];
        if (!zeros) {
            random.nextBytes(bytes);
        }
        channel.write(ByteBuffer.wrap(bytes), from);
    }

    @Test
    void aRecoveryPointBehindTheEndIsNotBelieved() throws IOException {
        LogDirectory directory = open();
        append(orders(directory), 40);
        orders(directory).flush();
        directory.abandon();
        OffsetCheckpoint.write(
                root.resolve(OffsetCheckpoint.RECOVERY_POINTS), Map.of(PARTITION, 1000L));
        Path last = files(PartitionFiles.LOG).getLast();
        try (FileChannel channel = FileChannel.open(last, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), channel.size() - 3);
        }

        checkRecovered(38);
    }

    @Test
    void lostSmallFilesAreMadeAgain() throws IOException {
        LogDirectory directory = open();
        append(orders(directory), 60);
        directory.close();
        for (String suffix : List.of(".index", ".timeindex", ".snapshot", LeaderEpochs.NAME)) {
            for (Path file : files(suffix)) {
                Files.delete(file);
            }
        }
        Files.delete(root.resolve(".kafka_cleanshutdown"));

        checkRecovered(60);
    }

    @Test
    void anInterruptedCompactionIsFinished() throws IOException {
        LogDirectory directory = open();
        append(orders(directory), 60);
        directory.close();
        Path second = files(PartitionFiles.LOG).get(1);
        Path swap = second.resolveSibling(second.getFileName() + PartitionFiles.SWAP);
        Files.copy(second, swap);
        Files.write(second, new byte[] {1, 2, 3});
        Files.write(partition().resolve("00000000000000000099.log.cleaned"), new byte[0]);
        Files.write(partition().resolve("00000000000000000003.log.deleted"), new byte[0]);

        checkRecovered(60);

        assertThat(files(PartitionFiles.SWAP)).isEmpty();
        assertThat(files(PartitionFiles.CLEANED)).isEmpty();
        assertThat(files(PartitionFiles.DELETED)).isEmpty();
    }
}
