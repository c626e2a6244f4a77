package io.takhin.log;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/** One run of Kafka's own cleaner, as a broker with its default settings would do it. */
final class KafkaCompaction implements AutoCloseable {
    private static final int DAY_MILLIS = 86_400_000;
    private static final int MAP_BYTES = 128 << 20;
    private static final int BUFFER_BYTES = 512 << 10;
    private static final double MAP_LOAD = 0.9;
    private static final double UNLIMITED = 1e12;

    private final KafkaScheduler scheduler = new KafkaScheduler(1);
    private final UnifiedLog log;

    /** Opens a partition's directory that was left in order. */
    KafkaCompaction(Path partition, int segmentBytes, int messageBytesMax) throws IOException {
        scheduler.startup();
        log =
                UnifiedLog.create(
                        partition.toFile(),
                        new LogConfig(
                                Map.of(
                                        "internal.segment.bytes",
                                        segmentBytes,
                                        TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                                        messageBytesMax,
                                        TopicConfig.DELETE_RETENTION_MS_CONFIG,
                                        0L,
                                        TopicConfig.CLEANUP_POLICY_CONFIG,
                                        TopicConfig.CLEANUP_POLICY_COMPACT)),
                        0,
                        0,
                        scheduler,
                        new BrokerTopicStats(false),
                        Time.SYSTEM,
                        DAY_MILLIS,
                        new ProducerStateManagerConfig(DAY_MILLIS, false),
                        DAY_MILLIS,
                        new LogDirFailureChannel(1),
                        true,
                        Optional.<Uuid>empty());
        log.updateHighWatermark(log.logEndOffset());
    }

    /** Bytes of the segments that can be compacted. */
    long bytes() {
        return log.size() - log.activeSegment().size();
    }

    /** Returns the offset up to which the log is compacted. */
    long run() throws IOException {
        LogToClean section = new LogToClean(log, 0, log.activeSegment().baseOffset(), false);
        try {
            return new Cleaner(
                            0,
                            new SkimpyOffsetMap(MAP_BYTES),
                            BUFFER_BYTES,
                            BUFFER_BYTES,
                            MAP_LOAD,
                            new Throttler(UNLIMITED, 300, "cleaner", "bytes", Time.SYSTEM),
                            Time.SYSTEM,
                            _ -> {})
                    .doClean(section, Time.SYSTEM.milliseconds())
                    .getKey();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        log.close();
        try {
            scheduler.shutdown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
