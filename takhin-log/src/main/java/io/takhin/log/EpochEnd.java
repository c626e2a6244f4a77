package io.takhin.log;

/**
 * Where a leader epoch ended (KIP-101, KIP-320).
 *
 * @param leaderEpoch the largest epoch known that is not above the one asked for; -1 where none is
 * @param endOffset first offset after that epoch's records; -1 where none is known
 */
public record EpochEnd(int leaderEpoch, long endOffset) {
    public static final EpochEnd UNKNOWN = new EpochEnd(-1, -1);
}
