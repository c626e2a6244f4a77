package io.takhin.log;

import io.takhin.base.Threads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.common.RequestLocal;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.server.util.Scheduler;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.FetchDataInfo;
import org.apache.kafka.storage.internals.log.LogAppendInfo;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;
import org.jspecify.annotations.Nullable;

/** Kafka's own log on the same files: the oracle. */
final class KafkaLog implements AutoCloseable {
    private static final int EXPIRATION_MILLIS = 86_400_000;

    private final UnifiedLog log;
    private final IdleScheduler scheduler;

    private KafkaLog(UnifiedLog log, IdleScheduler scheduler) {
        this.log = log;
        this.scheduler = scheduler;
    }

    /** Opens a partition's directory; {@code clean} as after a clean stop. */
    static KafkaLog open(Path directory, LogConfig config, boolean clean) throws IOException {
        IdleScheduler scheduler = new IdleScheduler();
        return new KafkaLog(
                UnifiedLog.create(
                        directory.toFile(),
                        kafkaConfig(config),
                        0,
                        0,
                        scheduler,
                        new BrokerTopicStats(false),
                        new FixedTime(),
                        EXPIRATION_MILLIS,
                        new ProducerStateManagerConfig(EXPIRATION_MILLIS, false),
                        EXPIRATION_MILLIS,
                        new LogDirFailureChannel(1),
                        clean,
                        Optional.<Uuid>empty()),
                scheduler);
    }

    private static org.apache.kafka.storage.internals.log.LogConfig kafkaConfig(LogConfig config) {
        Map<String, Object> settings = new HashMap<>();
        settings.put(
                "internal.segment.bytes", (int) Math.min(config.segmentBytes(), Integer.MAX_VALUE));
        settings.put(TopicConfig.INDEX_INTERVAL_BYTES_CONFIG, config.indexIntervalBytes());
        settings.put(TopicConfig.SEGMENT_INDEX_BYTES_CONFIG, config.indexBytesMax());
        settings.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, config.messageBytesMax());
        settings.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, config.timestampType().name);
        settings.put(
                TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG,
                config.timestampBeforeMaxMillis());
        settings.put(
                TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG,
                config.timestampAfterMaxMillis());
        settings.put(TopicConfig.DELETE_RETENTION_MS_CONFIG, config.cleanup().tombstoneMillis());
        settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, config.compacted() ? "compact" : "delete");
        settings.put(TopicConfig.COMPRESSION_TYPE_CONFIG, compressionType(config.compression()));
        return new org.apache.kafka.storage.internals.log.LogConfig(settings);
    }

    private static String compressionType(@Nullable Compression compression) {
        if (compression == null) {
            return "producer";
        }
        return compression.type() == CompressionType.NONE
                ? "uncompressed"
                : compression.type().name;
    }

    UnifiedLog log() {
        return log;
    }

    LogAppendInfo append(ByteBuffer batch, int epoch, AppendOrigin origin) {
        return log.appendAsLeader(
                MemoryRecords.readableRecords(batch),
                epoch,
                origin,
                RequestLocal.noCaching(),
                VerificationGuard.SENTINEL,
                (short) 0);
    }

    /** What Kafka's cleaner found to do, and did. */
    record Cleaning(long sectionEnd, long dirtyBytes, double ratio, long cleanedBelow) {}

    /** One run of Kafka's cleaner, with room for as many keys as {@link OffsetMap} has then. */
    Cleaning compact(long cleanedBelow, int mapBytes, long nowMillis) throws IOException {
        long first = Math.max(cleanedBelow, log.logStartOffset());
        long end = Math.min(log.lastStableOffset(), log.activeSegment().baseOffset());
        LogToClean section = new LogToClean(log, first, Math.max(first, end), false);
        try {
            Cleaner cleaner =
                    new Cleaner(
                            0,
                            new SkimpyOffsetMap(mapBytes),
                            1 << 16,
                            1 << 20,
                            0.8,
                            new Throttler(1e12, 1000, "oracle", "bytes", new FixedTime()),
                            new FixedTime(),
                            partition -> {});
            long cleaned = cleaner.doClean(section, nowMillis).getKey();
            return new Cleaning(
                    section.firstUncleanableOffset(),
                    section.cleanableBytes(),
                    section.cleanableRatio(),
                    cleaned);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As {@link Batches#all}. */
    List<String> all() throws IOException {
        List<String> values = new ArrayList<>();
        long offset = log.logStartOffset();
        while (offset < log.logEndOffset()) {
            FetchDataInfo read = log.read(offset, 1 << 20, FetchIsolation.LOG_END, true);
            long next = offset;
            for (Record record : read.records.records()) {
                values.add(record.offset() + "=" + text(record));
                next = record.offset() + 1;
            }
            if (next == offset) {
                break;
            }
            offset = next;
        }
        return values;
    }

    private static String text(Record record) {
        return java.nio.charset.StandardCharsets.UTF_8.decode(record.value()).toString();
    }

    @Override
    public void close() {
        log.close();
        scheduler.shutdown();
    }

    /** Kafka's background work is not part of any comparison: it is put off for a day. */
    private static final class IdleScheduler implements Scheduler {
        private final ScheduledThreadPoolExecutor thread =
                new ScheduledThreadPoolExecutor(1, Threads.factory("oracle"));

        @Override
        public void startup() {}

        @Override
        public void shutdown() {
            thread.shutdownNow();
        }

        @Override
        public ScheduledFuture<?> schedule(
                String name, Runnable task, long delayMs, long periodMs) {
            return thread.schedule(task, 1, TimeUnit.DAYS);
        }

        @Override
        public void resizeThreadPool(int newSize) {}
    }

    /** Stands at the time that the test's records carry. */
    private static final class FixedTime implements Time {
        @Override
        public long milliseconds() {
            return Batches.NOW;
        }

        @Override
        public long hiResClockMs() {
            return Batches.NOW;
        }

        @Override
        public long nanoseconds() {
            return System.nanoTime();
        }

        @Override
        public void sleep(long ms) {
            throw new IllegalStateException("nothing sleeps here");
        }

        @Override
        public void waitObject(
                Object obj, java.util.function.Supplier<Boolean> condition, long deadlineMs) {
            throw new IllegalStateException("nothing waits here");
        }
    }
}
