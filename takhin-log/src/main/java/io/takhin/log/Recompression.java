package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.nio.ByteBuffer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.apache.kafka.common.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;

/**
 * Compresses a producer's batch as its topic wants it ({@code compression.type}). As in Kafka
 * ({@code LogValidator}), a batch in the right codec already is left alone, whatever its level;
 * producer id, epoch and sequence, timestamps and the records themselves stay.
 *
 * <p>Threads: any; keeps no state. Takes the time of a decompression and a compression.
 */
final class Recompression {
    private Recompression() {}

    static boolean isNeeded(ByteBuffer batch, @Nullable Compression wanted) {
        return wanted != null
                && batch.remaining() >= BatchHeader.BYTES
                && BatchHeader.compressionId(batch, batch.position()) != wanted.type().id;
    }

    /** As {@link PartitionLog#recompress}. */
    static Recompressed of(ByteBuffer batch, LogConfig config, long nowMillis) {
        Append.Refused refused = BatchValidation.check(batch, config, Origin.CLIENT, nowMillis);
        if (refused != null) {
            return new Recompressed.Refused(refused);
        }
        Compression wanted = config.compression();
        return wanted == null
                ? new Recompressed.Done(batch)
                : apply(batch, wanted, ClientRecords.Bounds.of(config));
    }

    /** Of a batch that was checked, but for its records. */
    private static Recompressed apply(
            ByteBuffer batch, Compression wanted, ClientRecords.Bounds bounds) {
        MutableRecordBatch old = MemoryRecords.readableRecords(batch).batches().iterator().next();
        try (CloseableIterator<Record> records =
                        ClientRecords.of(old, bounds, BufferSupplier.NO_CACHING);
                MemoryRecordsBuilder builder = builderLike(old, batch.remaining(), wanted)) {
            long expected = old.baseOffset();
            while (records.hasNext()) {
                Record record = records.next();
                if (record.offset() != expected) {
                    return refused(
                            Errors.INVALID_RECORD,
                            "record %d has offset %d".formatted(expected, record.offset()));
                }
                builder.appendWithOffset(expected++, record);
            }
            return new Recompressed.Done(builder.build().buffer());
        } catch (RecordTooLargeException e) {
            return refused(Errors.MESSAGE_TOO_LARGE, String.valueOf(e.getMessage()));
        } catch (InvalidRecordException e) {
            return refused(Errors.INVALID_RECORD, String.valueOf(e.getMessage()));
        } catch (KafkaException e) {
            return refused(
                    Errors.CORRUPT_MESSAGE,
                    "the records cannot be decompressed: " + e.getMessage());
        }
    }

    private static MemoryRecordsBuilder builderLike(
            MutableRecordBatch old, int bytes, Compression wanted) {
        return new MemoryRecordsBuilder(
                new ByteBufferOutputStream(bytes),
                old.magic(),
                wanted,
                old.timestampType(),
                old.baseOffset(),
                old.maxTimestamp(),
                old.producerId(),
                old.producerEpoch(),
                old.baseSequence(),
                old.isTransactional(),
                false,
                old.partitionLeaderEpoch(),
                Integer.MAX_VALUE);
    }

    private static Recompressed refused(Errors error, String why) {
        return new Recompressed.Refused(new Append.Refused(error, why));
    }
}
