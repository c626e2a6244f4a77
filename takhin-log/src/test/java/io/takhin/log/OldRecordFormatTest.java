package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.checkpoint.CleanStop;
import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A log with records from before Kafka 0.11, as Kafka's own builder writes them. */
class OldRecordFormatTest {
    private static final TopicPartition PARTITION = new TopicPartition("ancient", 0);

    @TempDir private Path root;
    private Path partition;

    @BeforeEach
    void emptyPartition() throws IOException {
        partition = Files.createDirectory(root.resolve("ancient-0"));
        Files.writeString(partition.resolve("leader-epoch-checkpoint"), "0\n0\n");
    }

    private Path segment() {
        return PartitionFiles.log(partition, 0);
    }

    private static ByteBuffer old(int magic, Compression compression) {
        SimpleRecord[] records = {
            new SimpleRecord(magic == 0 ? -1 : Batches.NOW, bytes("key"), bytes("value")),
            new SimpleRecord(magic == 0 ? -1 : Batches.NOW, null, bytes("another"))
        };
        return MemoryRecords.withRecords(
                        (byte) magic, 0, compression, TimestampType.CREATE_TIME, records)
                .buffer();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void write(ByteBuffer... parts) throws IOException {
        try (FileChannel file =
                FileChannel.open(segment(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (ByteBuffer part : parts) {
                file.write(part);
            }
        }
    }

    private void assertRefusedAndUntouched() throws IOException {
        Map<String, String> before = contents();

        assertThatThrownBy(this::openDirectory)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(segment().toString())
                .hasMessageContaining("a format older than Kafka 0.11");

        assertThat(contents()).isEqualTo(before);
    }

    private LogDirectory openDirectory() throws IOException {
        return LogDirectory.open(
                root, Directories.settings(Batches.config(), 1), new ManualClock(Batches.NOW));
    }

    private Map<String, String> contents() throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!file.getFileName().toString().equals(".lock")) {
                    contents.put(
                            file.toString(), HexFormat.of().formatHex(Files.readAllBytes(file)));
                }
            }
        }
        return contents;
    }

    @ParameterizedTest
    @CsvSource({"0, false", "0, true", "1, false", "1, true"})
    void aLogOfItIsRefusedAfterAKill(int magic, boolean compressed) throws IOException {
        write(old(magic, compressed ? Compression.gzip().build() : Compression.NONE));

        assertRefusedAndUntouched();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aLogOfItIsRefusedAfterACleanStop(int magic) throws IOException {
        write(old(magic, Compression.NONE));
        Files.createFile(PartitionFiles.offsetIndex(partition, 0));
        Files.createFile(PartitionFiles.timeIndex(partition, 0));
        CleanStop.mark(root, 7);

        assertRefusedAndUntouched();
    }

    @Test
    void aLogThatWentOnInThePresentFormatIsRefused() throws IOException {
        write(old(1, Compression.NONE), Batches.replicated(2, 3, "new"));
        Files.writeString(partition.resolve("leader-epoch-checkpoint"), "0\n1\n3 2\n");
        CleanStop.mark(root, 7);

        assertRefusedAndUntouched();
    }

    @Test
    void aTailOfItIsRefusedAndNotCut() throws IOException {
        write(Batches.replicated(0, 3, "new"), old(1, Compression.NONE));
        Files.writeString(partition.resolve("leader-epoch-checkpoint"), "0\n1\n3 0\n");
        long size = Files.size(segment());

        assertThatThrownBy(this::openDirectory).hasMessageContaining("older than Kafka 0.11");

        assertThat(Files.size(segment())).isEqualTo(size);
    }

    /** It is no damage that a start may go on behind. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void messagesOfItInBetweenAreRefusedAndNotPassedOver(boolean cleanStop) throws IOException {
        write(
                Batches.replicated(0, 3, "new"),
                old(1, Compression.NONE),
                Batches.replicated(9, 3, "newer"));
        Files.writeString(partition.resolve("leader-epoch-checkpoint"), "0\n1\n3 0\n");
        if (cleanStop) {
            CleanStop.mark(root, 7);
        } else {
            OffsetCheckpoint.write(
                    root.resolve(OffsetCheckpoint.RECOVERY_POINTS), Map.of(PARTITION, 10L));
        }

        assertRefusedAndUntouched();
    }

    @Test
    void garbageThatClaimsAGigabyteTakesNoMemory() throws IOException {
        ByteBuffer garbage = old(1, Compression.NONE);
        garbage.putInt(8, 1 << 30);
        write(garbage);
        try (FileChannel file = FileChannel.open(segment(), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(1), (1L << 30) + 100);
        }

        try (PartitionLog log =
                PartitionLog.open(
                        partition,
                        PARTITION,
                        Uuid.ONE_UUID,
                        Batches.config(),
                        new ManualClock(Batches.NOW))) {
            assertThat(log.logEndOffset()).isZero();
        }
    }

    @Test
    void aTornMessageIsCutLikeAnyOtherGarbage() throws IOException {
        ByteBuffer torn = old(1, Compression.NONE);
        torn.put(torn.limit() - 1, (byte) ~torn.get(torn.limit() - 1)).put(20, (byte) 77);
        write(Batches.replicated(0, 3, "new"), torn);
        PartitionMetadataFile.write(partition, Uuid.ONE_UUID);

        try (LogDirectory directory = openDirectory()) {
            PartitionLog log = directory.open(PARTITION, Uuid.ONE_UUID, Batches.config());
            assertThat(log.logEndOffset()).isEqualTo(1);
        }
    }
}
