package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start reads, and how far it says it has come. */
class StartTest {
    private static final LogConfig CONFIG = Batches.config(4096, 300);
    private static final int PARTITIONS = 12;
    private static final int THREADS = 3;

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);

    private LogDirectory open(RecoveryListener listener) throws IOException {
        return LogDirectory.open(
                root,
                new LogDirectorySettings(CONFIG, Duration.ofDays(365), Duration.ofDays(1), THREADS),
                clock,
                listener);
    }

    private static PartitionLog partition(LogDirectory directory, int index) {
        return directory.open(new TopicPartition("orders", index), Uuid.ONE_UUID, CONFIG);
    }

    private static void fill(PartitionLog log, int batches) {
        for (int i = 0; i < batches; i++) {
            log.appendAsLeader(Batches.of("value " + i), 0, Origin.CLIENT);
        }
        log.flush();
    }

    private List<Path> segments() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(PartitionFiles.LOG))
                    .sorted()
                    .toList();
        }
    }

    /** So that whoever looks at a batch notices; what follows the last index entry is left. */
    private static void spoil(Path segment) throws IOException {
        byte[] bytes = Files.readAllBytes(segment);
        for (int at = 0; at < bytes.length / 2; at++) {
            bytes[at] = (byte) ~bytes[at];
        }
        Files.write(segment, bytes);
    }

    @Test
    void afterACleanStopNoBatchIsLookedAt() throws IOException {
        LogDirectory before = open(RecoveryListener.NONE);
        fill(partition(before, 0), 200);
        before.close();
        List<Path> segments = segments();
        for (Path segment : segments) {
            spoil(segment);
        }

        try (LogDirectory directory = open(RecoveryListener.NONE)) {
            PartitionLog log = partition(directory, 0);

            assertThat(segments).hasSizeGreaterThan(3);
            assertThat(log.segmentCount()).isEqualTo(segments.size());
            assertThat(log.logEndOffset()).isEqualTo(200);
            assertThat(directory.damagedBatches()).isZero();
        }
    }

    @Test
    void afterAKillOnlyWhatFollowsTheCheckpointIsLookedAt() throws IOException {
        LogDirectory before = open(RecoveryListener.NONE);
        fill(partition(before, 0), 200);
        before.writeCheckpoints();
        List<Path> settled = segments();
        fill(partition(before, 0), 100);
        before.abandon();
        for (Path segment : settled.subList(0, settled.size() - 1)) {
            spoil(segment);
        }

        LogDirectory directory = open(RecoveryListener.NONE);
        PartitionLog log = partition(directory, 0);

        assertThat(settled).hasSizeGreaterThan(3);
        assertThat(log.logEndOffset()).isEqualTo(300);
        assertThat(log.logStartOffset()).isZero();
        directory.abandon();
    }

    @Test
    void progressIsToldFromNothingToAll() throws IOException {
        LogDirectory before = open(RecoveryListener.NONE);
        for (int i = 0; i < PARTITIONS; i++) {
            fill(partition(before, i), 5);
        }
        before.abandon();
        List<Integer> told = new ArrayList<>();

        LogDirectory directory =
                open((done, total) -> {
                    assertThat(total).isEqualTo(PARTITIONS);
                    told.add(done);
                });

        assertThat(told).isSorted().startsWith(0).endsWith(PARTITIONS);
        assertThat(told).hasSizeGreaterThan(2);
        directory.abandon();
    }

    @Test
    void aRestartWithoutRecordsWritesNoFileOfAPartition() throws IOException {
        LogDirectory before = open(RecoveryListener.NONE);
        fill(partition(before, 0), 20);
        before.close();
        Map<Path, String> left = filesOfPartitions();

        LogDirectory restarted = open(RecoveryListener.NONE);
        // Each start elects a leader anew.
        partition(restarted, 0).epochs().begin(1);
        partition(restarted, 0).requestFlush();
        restarted.writeCheckpoints();
        restarted.close();

        assertThat(left).hasSizeGreaterThan(4);
        assertThat(filesOfPartitions()).isEqualTo(left);
    }

    @Test
    void anEpochIsInTheFileOnceItHasRecords() throws IOException {
        LogDirectory before = open(RecoveryListener.NONE);
        fill(partition(before, 0), 2);
        partition(before, 0).epochs().begin(1);
        partition(before, 0).appendAsLeader(Batches.of("later"), 1, Origin.CLIENT);
        partition(before, 0).epochs().begin(2);
        before.close();

        LeaderEpochs inFile = LeaderEpochs.read(root.resolve("orders-0"));

        assertThat(inFile.entries())
                .containsExactly(new LeaderEpochs.Entry(0, 0), new LeaderEpochs.Entry(1, 2));
    }

    /** What tells a file that was written again: which one it is, and when it was written. */
    private Map<Path, String> filesOfPartitions() throws IOException {
        Map<Path, String> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root.resolve("orders-0"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                BasicFileAttributes attributes =
                        Files.readAttributes(file, BasicFileAttributes.class);
                found.put(file, attributes.fileKey() + " " + attributes.lastModifiedTime());
            }
        }
        return found;
    }
}
