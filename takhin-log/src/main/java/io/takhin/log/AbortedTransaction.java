package io.takhin.log;

/**
 * One entry of a transaction index (KIP-98): records of the producer from the first to the last
 * offset were rolled back.
 *
 * @param lastOffset of the marker that ended it
 * @param lastStableOffset as it was once this transaction had ended
 */
public record AbortedTransaction(
        long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}
