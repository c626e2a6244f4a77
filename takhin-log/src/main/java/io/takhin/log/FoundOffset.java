package io.takhin.log;

/**
 * The answer to a search by timestamp.
 *
 * @param timestamp of the record found, milliseconds; -1 where none was found
 * @param leaderEpoch of the batch the record is in; -1 where unknown
 */
public record FoundOffset(long offset, long timestamp, int leaderEpoch) {
    public static final FoundOffset NONE = new FoundOffset(-1, -1, -1);
}
