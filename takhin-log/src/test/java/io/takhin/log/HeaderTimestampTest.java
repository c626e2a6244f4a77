package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.protocol.BatchHeader;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Some producers write a wrong largest timestamp into a batch's header: what counts are the
 * records, as with Kafka's log.
 */
class HeaderTimestampTest {
    private static final long HOUR = Duration.ofHours(1).toMillis();
    private static final long NOW = Batches.NOW;
    private static final LogConfig BOUNDED =
            Batches.config().with().timestampBeforeMaxMillis(HOUR).build();

    @TempDir Path root;

    private PartitionLog ours(LogConfig config) throws IOException {
        return PartitionLog.open(
                root.resolve("takhin").resolve("orders-0"),
                new TopicPartition("orders", 0),
                Uuid.ONE_UUID,
                config,
                new ManualClock(NOW));
    }

    private static ByteBuffer batch(Compression codec, long... timestamps) {
        SimpleRecord[] records = new SimpleRecord[timestamps.length];
        for (int i = 0; i < timestamps.length; i++) {
            records[i] =
                    new SimpleRecord(timestamps[i], new byte[] {(byte) i}, new byte[i * 50 % 400]);
        }
        return Batches.of(codec, records);
    }

    /** The same with another largest timestamp in its header. */
    private static ByteBuffer claiming(long newest, ByteBuffer batch) {
        return batch.putLong(35, newest).putInt(17, BatchHeader.computeCrc(batch, 0));
    }

    @Seeded(runs = 10)
    void anyHeaderGivesKafkasAnswerAndItsBatch(RandomGenerator random) throws IOException {
        LogConfig config = random.nextBoolean() ? BOUNDED : Batches.config();
        if (random.nextInt(3) == 0) {
            config = config.withCleanup(Cleanup.compact(0.5, HOUR));
        }
        try (PartitionLog ours = ours(config);
                KafkaLog kafkas =
                        KafkaLog.open(root.resolve("kafka").resolve("orders-0"), config, true)) {
            for (int i = 0; i < 300; i++) {
                ByteBuffer batch = oddBatch(random);
                long end = ours.logEndOffset();
                String described = "batch %d: %s".formatted(i, described(batch));

                String expected = append(kafkas, copy(batch));

                assertThat(append(ours, batch)).as(described).isEqualTo(expected);
                if (ours.logEndOffset() > end) {
                    assertThat(lastBatch(ours, end).maxTimestamp())
                            .as(described)
                            .isEqualTo(lastBatch(kafkas, end).maxTimestamp());
                    assertThat(lastBatch(ours, end).isValid()).isTrue();
                }
            }
        }
    }

    /** With a header that is right, or that cannot be; uncompressed with any. */
    private static ByteBuffer oddBatch(RandomGenerator random) {
        boolean compressed = random.nextBoolean();
        long[] timestamps = new long[1 + random.nextInt(12)];
        for (int i = 0; i < timestamps.length; i++) {
            timestamps[i] =
                    switch (random.nextInt(40)) {
                        case 0 -> RecordBatch.NO_TIMESTAMP;
                        case 1 -> NOW - 2 * HOUR;
                        case 2 -> NOW + 2 * HOUR;
                        case 3 -> 0;
                        default -> NOW - HOUR / 2 + random.nextInt((int) HOUR);
                    };
        }
        ByteBuffer batch =
                batch(compressed ? Compression.lz4().build() : Compression.NONE, timestamps);
        return switch (random.nextInt(compressed ? 5 : 7)) {
            case 0 -> claiming(RecordBatch.NO_TIMESTAMP, batch);
            case 1 -> claiming(0, batch);
            case 2 -> claiming(Math.min(NOW, timestamps[0] - 1), batch);
            case 3 -> claiming(NOW + 3 * HOUR, batch);
            case 4 -> batch;
            case 5 -> claiming(NOW, batch);
            default -> claiming(Long.MAX_VALUE, batch);
        };
    }

    private static String described(ByteBuffer batch) {
        StringBuilder text = new StringBuilder("max " + (BatchHeader.maxTimestamp(batch, 0) - NOW));
        MemoryRecords.readableRecords(batch)
                .records()
                .forEach(record -> text.append(' ').append(record.timestamp() - NOW));
        return text + " codec " + BatchHeader.compressionId(batch, 0);
    }

    private static ByteBuffer copy(ByteBuffer batch) {
        return ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip();
    }

    private static String append(KafkaLog log, ByteBuffer batch) {
        try {
            return "at " + log.append(batch, 0, AppendOrigin.CLIENT).firstOffset();
        } catch (RecordValidationException e) {
            return Errors.forException(e.invalidException()).name();
        } catch (ApiException e) {
            return Errors.forException(e).name();
        }
    }

    private static String append(PartitionLog log, ByteBuffer batch) {
        return switch (log.appendAsLeader(batch, 0, Origin.CLIENT)) {
            case Append.Done done -> "at " + done.baseOffset();
            case Append.Duplicate again -> "again " + again.baseOffset();
            case Append.Refused refused -> refused.error().name();
        };
    }

    private static RecordBatch lastBatch(PartitionLog log, long from) throws IOException {
        return Batches.recordsOf(log.read(from, 1 << 20, true, log.logEndOffset()))
                .batches()
                .iterator()
                .next();
    }

    private static RecordBatch lastBatch(KafkaLog log, long from) throws IOException {
        return log.log()
                .read(from, 1 << 20, FetchIsolation.LOG_END, true)
                .records
                .batches()
                .iterator()
                .next();
    }

    @Test
    void whatAHeaderWithoutATimeHidesIsFoundByTime() throws IOException {
        try (PartitionLog log = ours(Batches.config())) {
            append(log, claiming(-1, batch(Compression.gzip().build(), NOW - 5, NOW - 3)));

            assertThat(log.findByTimestamp(NOW - 3)).isEqualTo(new FoundOffset(1, NOW - 3, 0));
        }
    }

    @Test
    void aRecordThatReachesBeyondItsBatchIsRefused() throws IOException {
        try (PartitionLog log = ours(Batches.config())) {
            ByteBuffer batch = batch(Compression.NONE, NOW, NOW);
            // The length of its first record.
            batch.put(BatchHeader.BYTES, (byte) 126);
            batch.putInt(17, BatchHeader.computeCrc(batch, 0));

            assertThat(append(log, batch)).isEqualTo(Errors.INVALID_RECORD.name());
        }
    }
}
