package io.takhin.log;

/**
 * What a log remembers of one idempotent or transactional producer (KIP-664).
 *
 * @param lastSequence -1 where only a marker was written under the current epoch
 * @param lastTimestamp milliseconds
 * @param coordinatorEpoch of the last transaction marker; -1 where there was none
 * @param transactionStart first offset of the open transaction; -1 where none is open
 */
public record ActiveProducer(
        long producerId,
        short epoch,
        int lastSequence,
        long lastTimestamp,
        int coordinatorEpoch,
        long transactionStart) {}
