package io.takhin.log;

import java.time.Duration;

/**
 * How a data directory is kept.
 *
 * @param defaults for logs that are read back before their topic's settings are known
 * @param producerIdleMax a producer that wrote nothing for so long is forgotten ({@code
 *     producer.id.expiration.ms})
 * @param checkpointInterval how soon after a change recovery points are written; bounds what a
 *     start after a crash has to scan
 * @param recoveryThreads how many logs are read back at a time
 * @param reserve what of the disk clients' records may not take
 */
public record LogDirectorySettings(
        LogConfig defaults,
        Duration producerIdleMax,
        Duration checkpointInterval,
        int recoveryThreads,
        DiskReserve reserve) {
    /** Without a reserve. */
    public LogDirectorySettings(
            LogConfig defaults,
            Duration producerIdleMax,
            Duration checkpointInterval,
            int recoveryThreads) {
        this(defaults, producerIdleMax, checkpointInterval, recoveryThreads, DiskReserve.NONE);
    }

    public LogDirectorySettings {
        if (recoveryThreads < 1) {
            throw new IllegalArgumentException(
                    "num.recovery.threads.per.data.dir must be positive: " + recoveryThreads);
        }
    }
}
