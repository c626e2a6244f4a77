package io.takhin.log;

/**
 * What stands between a data directory's records and the disk at one moment.
 *
 * @param dirtyLogs logs with records that a power cut would take
 * @param dirtyBytes of batches in them
 * @param journalBytes of the journal that segments have not caught up with: what a start after a
 *     crash reads
 * @param journalCapacity of the journal; 0 while there is none
 * @param checkpointMillis when segments last caught up with a part of the journal, milliseconds
 *     since the epoch; 0 when they have not had to
 */
public record FlushBacklog(
        int dirtyLogs,
        long dirtyBytes,
        long journalBytes,
        long journalCapacity,
        long checkpointMillis) {}
