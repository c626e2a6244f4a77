package io.takhin.log;

import io.takhin.base.Clock;
import io.takhin.log.file.OpenFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/** Data directories whose checkpoints are written when a test says so. */
final class Directories {
    static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    /** Everything that was written is visible. */
    static final LogCleaner.HighWatermarks ALL_VISIBLE = PartitionLog::logEndOffset;

    private Directories() {}

    static LogDirectory open(Path root, LogConfig config, Clock clock) throws IOException {
        return LogDirectory.open(
                root,
                new LogDirectorySettings(config, Duration.ofDays(365), Duration.ofDays(1), 1),
                clock);
    }

    /** Of a directory that does nothing on its own while a test runs. */
    static LogDirectorySettings settings(LogConfig config, int recoveryThreads) {
        return new LogDirectorySettings(
                config, Duration.ofDays(1), Duration.ofHours(1), recoveryThreads);
    }

    /** Of a directory in which nothing goes wrong. */
    static OpenFiles openFiles(int limit) {
        return new OpenFiles(limit, new LoneHost(Clock.SYSTEM, _ -> {}));
    }

    static PartitionLog orders(LogDirectory directory, LogConfig config) {
        return directory.open(ORDERS, Uuid.ONE_UUID, config);
    }

    /** All is on disk, and the next start would know it: what compaction waits for. */
    static void settle(LogDirectory directory, PartitionLog log) throws IOException {
        log.flush();
        directory.writeCheckpoints();
    }

    static Compaction.Pace unlimited(Clock clock, long mapBytes) {
        return new Compaction.Pace(mapBytes, new Throttle(clock, 0), () -> false);
    }
}
