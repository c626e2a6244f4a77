package io.takhin.log;

import java.util.Optional;

/**
 * How one log stands with retention and compaction, for those who watch. A snapshot.
 *
 * @param logStart first offset that can be read
 * @param logEnd offset of the next record
 * @param segments files of records
 * @param dirtyBytes bytes of closed segments that wait to be compacted; 0 where nothing is
 *     compacted
 * @param overdueSeconds since when {@code max.compaction.lag.ms} is exceeded; 0 when it is not
 * @param lastRunMillis when the log was last compacted, since the epoch; -1: not since the start
 * @param lastError why the log could not be compacted: for want of space, which passes, or for good
 *     until the broker is started again; empty once it could
 */
public record CleaningStatus(
        long logStart,
        long logEnd,
        int segments,
        long dirtyBytes,
        long overdueSeconds,
        long lastRunMillis,
        Optional<String> lastError) {}
