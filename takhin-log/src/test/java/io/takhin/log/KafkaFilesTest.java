package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's own storage classes read what this program wrote, and the other way round. */
class KafkaFilesTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final LogConfig CONFIG = Batches.config(4096, 200);

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);

    private PartitionLog open(Path directory) throws IOException {
        return PartitionLog.open(directory, PARTITION, Uuid.randomUuid(), CONFIG, clock);
    }

    private static void fill(PartitionLog log) {
        for (int i = 0; i < 200; i++) {
            log.appendAsLeader(
                    Batches.idempotent(9, 0, i * 2, "a" + i, "b" + i), i / 50, Origin.CLIENT);
        }
    }

    private static void fill(KafkaLog log) {
        for (int i = 0; i < 200; i++) {
            log.append(
                    Batches.idempotent(9, 0, i * 2, "a" + i, "b" + i), i / 50, AppendOrigin.CLIENT);
        }
    }

    @Test
    void kafkaReadsWhatWasWrittenHere() throws IOException {
        Path directory = root.resolve("orders-0");
        List<String> written;
        try (PartitionLog log = open(directory)) {
            fill(log);
            written = Batches.all(log);
        }

        try (KafkaLog kafka = KafkaLog.open(directory, CONFIG, true)) {
            assertThat(kafka.all()).isEqualTo(written).hasSize(400);
            assertThat(kafka.log().logEndOffset()).isEqualTo(400);
            assertThat(kafka.log().latestEpoch()).hasValue(3);
            assertThat(kafka.log().activeProducersWithLastSequence()).containsEntry(9L, 399);
        }
    }

    @Test
    void kafkaReadsWhatAKillLeftHere() throws IOException {
        Path directory = root.resolve("orders-0");
        PartitionLog log = open(directory);
        fill(log);
        List<String> written = Batches.all(log);
        log.files().release();

        try (KafkaLog kafka = KafkaLog.open(directory, CONFIG, false)) {
            assertThat(kafka.all()).isEqualTo(written);
            assertThat(kafka.log().activeProducersWithLastSequence()).containsEntry(9L, 399);
        }
    }

    @Test
    void whatKafkaWroteIsReadHere() throws IOException {
        Path directory = root.resolve("orders-0");
        List<String> written;
        try (KafkaLog kafka = KafkaLog.open(directory, CONFIG, true)) {
            fill(kafka);
            written = kafka.all();
        }

        try (PartitionLog log = open(directory)) {
            assertThat(Batches.all(log)).isEqualTo(written).hasSize(400);
            assertThat(log.epochs().latest()).isEqualTo(3);
            assertThat(log.activeProducers()).hasSize(1);
            assertThat(log.activeProducers().getFirst().lastSequence()).isEqualTo(399);
        }
    }

    /**
     * Kafka makes index files of full size in advance; only a clean stop cuts them to their
     * content.
     */
    @Test
    void theIndexesOfAKilledKafkaShortenTheScan(@TempDir Path copies) throws IOException {
        Path directory = root.resolve("orders-0");
        Path copy = Files.createDirectory(copies.resolve("orders-0"));
        LogConfig oneSegment = Batches.config(1 << 20, 200);
        try (KafkaLog kafka = KafkaLog.open(directory, oneSegment, true)) {
            fill(kafka);
            for (String name : List.of(".log", ".index", ".timeindex")) {
                String file = "00000000000000000000" + name;
                Files.copy(directory.resolve(file), copy.resolve(file));
            }
        }
        assertThat(Files.size(PartitionFiles.offsetIndex(copy, 0))).isGreaterThan(8 * 1000);
        int size = (int) Files.size(PartitionFiles.log(copy, 0));
        Segment segment = new Segment(Directories.openFiles(10), copy, 0, size, Batches.NOW);

        segment.indexes().dropUnset();

        LeaderEpochs epochs = LeaderEpochs.empty();
        SegmentRecovery recovery =
                new SegmentRecovery(
                        segment, Long.MAX_VALUE, epochs, new EpochWitness(epochs, false), 200);
        assertThat(recovery.scansFrom(400)).isBetween(390L, 399L);
        assertThat(segment.times().last().timestamp()).isPositive();
    }

    @Test
    void theSameAppendsGiveTheSameFiles() throws IOException {
        Path here = root.resolve("here").resolve("orders-0");
        Path there = root.resolve("there").resolve("orders-0");
        try (PartitionLog log = open(here)) {
            fill(log);
            log.appendAsLeader(Batches.transactional(11, 0, 0, "x"), 4, Origin.CLIENT);
            log.appendAsLeader(
                    Batches.marker(11, 0, ControlRecordType.ABORT, 1), 4, Origin.COORDINATOR);
        }
        try (KafkaLog kafka = KafkaLog.open(there, CONFIG, true)) {
            fill(kafka);
            kafka.append(Batches.transactional(11, 0, 0, "x"), 4, AppendOrigin.CLIENT);
            kafka.append(
                    Batches.marker(11, 0, ControlRecordType.ABORT, 1), 4, AppendOrigin.COORDINATOR);
        }

        assertThat(contents(here)).containsExactlyEntriesOf(contents(there));
    }

    /** Every file but the one that names the topic, as hexadecimal digits. */
    private static Map<String, String> contents(Path directory) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (!name.equals(PartitionMetadataFile.NAME)) {
                    contents.put(
                            name, java.util.HexFormat.of().formatHex(Files.readAllBytes(file)));
                }
            }
        }
        return contents;
    }
}
