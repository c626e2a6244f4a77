package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.protocol.BatchHeader;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Batches in the codec of their topic; Kafka's log is the oracle. */
class RecompressionTest {
    private static final String SEGMENT = "00000000000000000000.log";

    @TempDir Path root;

    static Stream<Arguments> codecs() {
        return Arrays.stream(CompressionType.values())
                .flatMap(sent ->
                        Arrays.stream(CompressionType.values())
                                .map(kept -> Arguments.of(sent, kept)));
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void theFileIsKafkasByteForByte(CompressionType sent, CompressionType kept) throws IOException {
        LogConfig config = config(Compression.of(kept).build(), TimestampType.CREATE_TIME);

        byte[] ours = writtenByUs(config, Compression.of(sent).build());

        assertThat(ours).isEqualTo(writtenByKafka(config, Compression.of(sent).build()));
        assertThat(BatchHeader.compressionId(ByteBuffer.wrap(ours), 0)).isEqualTo(kept.id);
    }

    @Test
    void logAppendTimeIsKafkasToo() throws IOException {
        LogConfig config = config(Compression.zstd().build(), TimestampType.LOG_APPEND_TIME);

        assertThat(writtenByUs(config, Compression.NONE))
                .isEqualTo(writtenByKafka(config, Compression.NONE));
    }

    @Test
    void aBatchInTheRightCodecIsLeftAlone() throws IOException {
        try (PartitionLog log = ours(config(Compression.gzip().level(9).build()))) {
            assertThat(log.recompresses(batch(Compression.gzip().level(1).build()))).isFalse();
            assertThat(log.recompresses(batch(Compression.lz4().build()))).isTrue();
        }
    }

    @Test
    void theLevelOfTheTopicIsUsed() throws IOException {
        assertThat(writtenByUs(config(Compression.zstd().level(1).build()), Compression.NONE))
                .isNotEqualTo(
                        writtenByUs(
                                config(Compression.zstd().level(19).build()), Compression.NONE));
    }

    @Test
    void theProducersSequenceStays() throws IOException {
        try (PartitionLog log = ours(config(Compression.lz4().build()))) {
            append(log, Batches.idempotent(7, 0, 0, "a", "b"));

            Append again = append(log, Batches.idempotent(7, 0, 0, "a", "b"));

            assertThat(again).isInstanceOf(Append.Duplicate.class);
        }
    }

    @Test
    void whatIsTooLargeOnlyOnceItIsUncompressedIsRefused() throws IOException {
        LogConfig config = config(Compression.NONE);
        SimpleRecord large =
                new SimpleRecord(Batches.NOW, null, new byte[config.messageBytesMax()]);

        try (PartitionLog log = ours(config)) {
            Append outcome = append(log, Batches.of(Compression.gzip().build(), large));

            assertThat(outcome)
                    .isInstanceOfSatisfying(
                            Append.Refused.class,
                            refused ->
                                    assertThat(refused.error())
                                            .isEqualTo(Errors.MESSAGE_TOO_LARGE));
        }
    }

    @Test
    void recordsThatCannotBeDecompressedAreRefused() throws IOException {
        ByteBuffer damaged = batch(Compression.gzip().build());
        damaged.put(BatchHeader.BYTES + 3, (byte) 0x55).put(BatchHeader.BYTES, (byte) 0);
        damaged.putInt(17, BatchHeader.computeCrc(damaged, 0));

        try (PartitionLog log = ours(config(Compression.lz4().build()))) {
            assertThat(log.recompress(damaged)).isInstanceOf(Recompressed.Refused.class);
        }
    }

    private byte[] writtenByUs(LogConfig config, Compression sent) throws IOException {
        Path directory = Files.createTempDirectory(root, "takhin").resolve("orders-0");
        try (PartitionLog log = ours(directory, config)) {
            append(log, batch(sent));
            append(log, batch(sent));
        }
        return Files.readAllBytes(directory.resolve(SEGMENT));
    }

    private byte[] writtenByKafka(LogConfig config, Compression sent) throws IOException {
        Path directory =
                Files.createDirectory(Files.createTempDirectory(root, "kafka").resolve("orders-0"));
        try (KafkaLog log = KafkaLog.open(directory, config, true)) {
            log.append(batch(sent), 3, AppendOrigin.CLIENT);
            log.append(batch(sent), 3, AppendOrigin.CLIENT);
        }
        return Files.readAllBytes(directory.resolve(SEGMENT));
    }

    /** As a producer's handler does it. */
    private static Append append(PartitionLog log, ByteBuffer batch) {
        if (!log.recompresses(batch)) {
            return log.appendAsLeader(batch, 3, Origin.CLIENT);
        }
        return switch (log.recompress(batch)) {
            case Recompressed.Done done -> log.appendAsLeader(done.batch(), 3, Origin.CLIENT);
            case Recompressed.Refused(Append.Refused why) -> why;
        };
    }

    private PartitionLog ours(LogConfig config) throws IOException {
        return ours(root.resolve("orders-0"), config);
    }

    private static PartitionLog ours(Path directory, LogConfig config) throws IOException {
        return PartitionLog.open(
                directory,
                new TopicPartition("orders", 0),
                Uuid.ONE_UUID,
                config,
                new ManualClock(Batches.NOW));
    }

    private static ByteBuffer batch(Compression compression) {
        SimpleRecord[] records = new SimpleRecord[40];
        for (int i = 0; i < records.length; i++) {
            records[i] =
                    new SimpleRecord(
                            Batches.NOW - i,
                            ("key-" + i % 7).getBytes(UTF_8),
                            i % 5 == 0 ? null : ("value " + i * i).repeat(9).getBytes(UTF_8),
                            new RecordHeader[] {new RecordHeader("n", new byte[] {(byte) i})});
        }
        return MemoryRecords.withRecords(compression, records).buffer();
    }

    private static LogConfig config(@Nullable Compression compression) {
        return config(compression, TimestampType.CREATE_TIME);
    }

    private static LogConfig config(@Nullable Compression compression, TimestampType type) {
        LogConfig base = Batches.config();
        return base.with().timestampType(type).compression(compression).build();
    }
}
