package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.base.Clock;
import io.takhin.log.DamagedLogException;
import io.takhin.log.LogConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.raft.LogOffsetMetadata;
import org.apache.kafka.server.common.OffsetAndEpoch;
import org.apache.kafka.snapshot.RawSnapshotWriter;
import org.apache.kafka.snapshot.SnapshotPath;
import org.apache.kafka.snapshot.Snapshots;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a metadata log does without, and what it does not: snapshots, and the segments before them.
 */
class MetadataLogDamageTest {
    private static final int EPOCH = 1;
    private static final LogConfig SMALL_SEGMENTS =
            LogConfig.builder().segmentBytes(600).timestampAfterMaxMillis(Long.MAX_VALUE).build();

    @TempDir private Path directory;
    private final Random bytes = new Random(1);

    private MetadataLog open() throws IOException {
        return MetadataLog.open(directory, SMALL_SEGMENTS, Clock.SYSTEM);
    }

    private MemoryRecords batch(long offset, int size) {
        byte[] value = new byte[size];
        bytes.nextBytes(value);
        return MemoryRecords.withRecords(
                offset, Compression.NONE, EPOCH, new SimpleRecord(1000L, value));
    }

    private void append(MetadataLog log, int count, int size) {
        for (int i = 0; i < count; i++) {
            log.appendAsLeader(batch(log.endOffset().offset(), size), EPOCH);
        }
        log.updateHighWatermark(new LogOffsetMetadata(log.endOffset().offset()));
    }

    private OffsetAndEpoch snapshot(MetadataLog log) {
        OffsetAndEpoch id = new OffsetAndEpoch(log.endOffset().offset(), EPOCH);
        try (RawSnapshotWriter writer = log.createNewSnapshot(id).orElseThrow()) {
            writer.append(batch(0, 100));
            writer.freeze();
        }
        return id;
    }

    private Path fileOf(OffsetAndEpoch snapshot) {
        return Snapshots.snapshotPath(directory.resolve("__cluster_metadata-0"), snapshot);
    }

    private List<Path> segments() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("__cluster_metadata-0"))) {
            return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
        }
    }

    private static void damage(Path file) throws IOException {
        assertThat(file.toFile().setWritable(true)).isTrue();
        byte[] content = Files.readAllBytes(file);
        content[content.length - 1] ^= 1;
        Files.write(file, content);
    }

    @Test
    void aDamagedSnapshotIsPassedOverForTheOneBefore() throws IOException {
        OffsetAndEpoch first;
        OffsetAndEpoch second;
        try (MetadataLog log = open()) {
            append(log, 10, 100);
            first = snapshot(log);
            append(log, 10, 100);
            second = snapshot(log);
            append(log, 1, 100);
        }
        damage(fileOf(second));

        try (MetadataLog log = open()) {
            assertThat(log.latestSnapshotId()).contains(first);
            assertThat(log.endOffset().offset()).isEqualTo(21);
        }
        Path file = fileOf(second);
        assertThat(file).doesNotExist();
        Path aside = file.resolveSibling(file.getFileName() + ".damaged");
        assertThat(aside).exists();
        assertThat(Snapshots.parse(aside).map(SnapshotPath::path)).isEmpty();
    }

    @Test
    void aDamagedSnapshotWithoutWhichRecordsAreMissingIsRefused() throws IOException {
        OffsetAndEpoch only;
        try (MetadataLog log = open()) {
            append(log, 20, 100);
            only = snapshot(log);
            assertThat(log.deleteBeforeSnapshot(only)).isTrue();
            append(log, 1, 100);
        }
        damage(fileOf(only));

        for (int start = 0; start < 2; start++) {
            assertThatThrownBy(this::open)
                    .isInstanceOf(DamagedLogException.class)
                    .hasMessageContaining(fileOf(only) + " is damaged at position 0");
        }
        assertThat(fileOf(only)).exists();
    }

    // A leader that stops before it has written anything.
    @Test
    void anEpochWithoutRecordsIsNoDamage() throws IOException {
        try (MetadataLog log = open()) {
            append(log, 3, 100);
            log.initializeLeaderEpoch(EPOCH + 1);
        }

        try (MetadataLog log = open()) {
            assertThat(log.endOffset().offset()).isEqualTo(3);
        }
    }

    // Kafka would refuse it.
    @Test
    void anotherTopicIdIsWrittenAnew() throws IOException {
        open().close();
        Path file = directory.resolve("__cluster_metadata-0/partition.metadata");
        String written = Files.readString(file);
        Files.writeString(file, written.replace("topic_id: A", "topic_id: B"));

        open().close();

        assertThat(file).hasContent(written);
    }

    @Test
    void segmentsBeforeTheSnapshotAreNotReadAtAStart() throws IOException {
        try (MetadataLog log = open()) {
            append(log, 20, 100);
            snapshot(log);
            append(log, 1, 100);
        }
        damage(segments().getFirst());

        try (MetadataLog log = open()) {
            assertThat(log.endOffset().offset()).isEqualTo(21);
        }

        damage(segments().getLast());
        assertThatThrownBy(this::open)
                .isInstanceOf(DamagedLogException.class)
                .hasMessageContaining(segments().getLast().toString());
    }

    // As the program opens it.
    @Test
    void aSnapshotLetsTheLogBeforeItGo() throws IOException {
        int records = 40;
        int size = 1 << 20;
        try (MetadataLog log = MetadataLog.open(directory, Clock.SYSTEM)) {
            append(log, records, size);
            snapshot(log);
            append(log, 1, 100);
            snapshot(log);

            assertThat(log.maybeClean()).isTrue();

            assertThat(log.startOffset()).isEqualTo(records);
            long left = 0;
            for (Path segment : segments()) {
                left += Files.size(segment);
            }
            assertThat(left).isLessThan(9L * size);
        }
    }

    @Test
    void whatIsCutBelowTheMarkMayBeTornLater() throws IOException {
        MetadataLog log = open();
        append(log, 3, 100);
        log.close();
        log = open();
        log.truncateTo(1);
        log.close();
        Path last = segments().getLast();
        byte[] kept = Files.readAllBytes(last);
        byte[] torn = Arrays.copyOf(kept, 500);

        Files.write(last, torn);

        try (MetadataLog after = open()) {
            assertThat(after.endOffset().offset()).isEqualTo(1);
        }
    }
}
