package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.nio.ByteBuffer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;

/**
 * What a leader checks of the records in a batch: that their times may be, and that a compacted
 * topic's have keys. Where the header names another largest time than they have, it is corrected,
 * with its checksum, as Kafka's {@code LogValidator} does: some producers send -1 there, or what
 * they please, and retention and searches by time would go by it.
 *
 * <p>Kafka decompresses every batch for that. Here uncompressed records are looked at, and
 * compressed ones where the topic is compacted, or bounds how old they may be, or the header cannot
 * be right.
 *
 * <p>Threads: any; keeps no state.
 */
final class RecordValidation {
    private RecordValidation() {}

    /** Null when all is well with the batch, whose header is. */
    static Append.@Nullable Refused check(
            ByteBuffer batches, int at, LogConfig config, long nowMillis) {
        boolean stamped = config.timestampType() == TimestampType.LOG_APPEND_TIME;
        boolean compressed = BatchHeader.compressionId(batches, at) != 0;
        if (!config.compacted()
                && compressed
                && (stamped || isBelievable(batches, at, config, nowMillis))) {
            return null;
        }
        try {
            RecordTimes times =
                    config.compacted() || compressed
                            ? decompressed(batches, at, config)
                            : RecordWalk.times(batches, at);
            return stamped ? null : checkTimes(times, batches, at, config, nowMillis);
        } catch (RecordTooLargeException e) {
            return new Append.Refused(Errors.MESSAGE_TOO_LARGE, String.valueOf(e.getMessage()));
        } catch (InvalidRecordException e) {
            return BatchValidation.invalid(String.valueOf(e.getMessage()));
        } catch (KafkaException e) {
            return BatchValidation.corrupt("the records cannot be decompressed: " + e.getMessage());
        }
    }

    /** Whether a header's largest time may be the records', and tells all that is asked of them. */
    private static boolean isBelievable(
            ByteBuffer batches, int at, LogConfig config, long nowMillis) {
        long newest = BatchHeader.maxTimestamp(batches, at);
        return config.timestampBeforeMaxMillis() == Long.MAX_VALUE
                && newest > 0
                && newest >= BatchHeader.baseTimestamp(batches, at)
                && newest - nowMillis <= config.timestampAfterMaxMillis();
    }

    /** Within bounds; a compacted topic can keep only records with a key. */
    private static RecordTimes decompressed(ByteBuffer batches, int at, LogConfig config) {
        ByteBuffer bytes = batches.slice(at, BatchHeader.sizeInBytes(batches, at));
        MutableRecordBatch batch = MemoryRecords.readableRecords(bytes).batches().iterator().next();
        RecordTimes times = new RecordTimes();
        try (CloseableIterator<Record> records =
                ClientRecords.withoutContent(
                        (DefaultRecordBatch) batch, ClientRecords.Bounds.of(config))) {
            while (records.hasNext()) {
                Record record = records.next();
                if (config.compacted() && !record.hasKey()) {
                    throw new InvalidRecordException(
                            "a compacted topic takes no record without a key");
                }
                times.add(record.timestamp());
            }
        }
        return times;
    }

    private static Append.@Nullable Refused checkTimes(
            RecordTimes times, ByteBuffer batches, int at, LogConfig config, long nowMillis) {
        if (!times.areAllowed(config, nowMillis)) {
            return new Append.Refused(
                    Errors.INVALID_TIMESTAMP,
                    "timestamps " + times + " are too far from " + nowMillis);
        }
        if (times.newest() != BatchHeader.maxTimestamp(batches, at)) {
            BatchHeader.setMaxTimestamp(batches, at, times.newest());
        }
        return null;
    }
}
