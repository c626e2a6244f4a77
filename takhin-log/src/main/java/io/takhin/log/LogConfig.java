package io.takhin.log;

import java.time.Duration;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * How one partition's log is written, cut into files and kept. Built from a topic's settings; an
 * object of this type is always valid.
 *
 * @param segmentBytes a segment is closed before it grows past this ({@code segment.bytes}); 1 KiB
 *     to 2^31
 * @param segmentAge a segment is closed once its first record is older ({@code segment.ms})
 * @param indexIntervalBytes one index entry per so many bytes of data ({@code
 *     index.interval.bytes})
 * @param indexBytesMax an index that would grow past this closes its segment ({@code
 *     segment.index.bytes})
 * @param messageBytesMax largest record batch accepted ({@code max.message.bytes})
 * @param timestampType whose timestamps records carry ({@code message.timestamp.type})
 * @param timestampBeforeMaxMillis how far in the past a record may lie ({@code
 *     message.timestamp.before.max.ms})
 * @param timestampAfterMaxMillis how far in the future ({@code message.timestamp.after.max.ms})
 * @param cleanup what becomes of old records
 * @param flushPolicy when an append counts as done ({@code flush.policy})
 * @param flushMessages unflushed records before a flush is forced ({@code flush.messages})
 * @param flushAwaited whether the append that reaches that number is answered after the flush
 * @param flushAge time before unflushed records are forced to disk ({@code flush.ms})
 * @param fileDeleteDelay how long deleted files stay readable ({@code file.delete.delay.ms})
 * @param segmentJitter at most so much is taken off {@code segmentAge}, of each segment another
 *     part ({@code segment.jitter.ms})
 * @param compression what producers' batches are compressed with when they come otherwise ({@code
 *     compression.type} and its levels); null leaves them as they are
 */
public record LogConfig(
        long segmentBytes,
        Duration segmentAge,
        int indexIntervalBytes,
        int indexBytesMax,
        int messageBytesMax,
        TimestampType timestampType,
        long timestampBeforeMaxMillis,
        long timestampAfterMaxMillis,
        Cleanup cleanup,
        FlushPolicy flushPolicy,
        long flushMessages,
        boolean flushAwaited,
        Duration flushAge,
        Duration fileDeleteDelay,
        Duration segmentJitter,
        @Nullable Compression compression) {

    public static LogConfigBuilder builder() {
        return new LogConfigBuilder();
    }

    /** One that starts from this. */
    public LogConfigBuilder with() {
        return new LogConfigBuilder(this);
    }

    /** Whether old records of a key may go: records must then have keys. */
    public boolean compacted() {
        return cleanup.compacts();
    }

    /** The same with other rules for old records. */
    public LogConfig withCleanup(Cleanup other) {
        return with().cleanup(other).build();
    }

    /**
     * The age, in milliseconds, at which a segment is closed: what is to be compacted in time must
     * be closed in time.
     */
    long segmentMillisMax() {
        long age = segmentAge.toMillis();
        return compacted() ? Math.min(age, cleanup.lagMaxMillis()) : age;
    }

    /** What acks=all waits for. */
    public enum FlushPolicy {
        /** The disk. */
        ACK,
        /** The page cache, as Apache Kafka does; the disk follows within the flush interval. */
        INTERVAL
    }
}
