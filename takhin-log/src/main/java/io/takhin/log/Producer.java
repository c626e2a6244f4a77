package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.util.Arrays;

/**
 * What a log remembers of one producer: its epoch, its last five batches (a producer may have so
 * many under way, KIP-98) and its open transaction.
 *
 * <p>Threads: guarded by the log's lock.
 */
final class Producer {
    static final int BATCHES_MAX = 5;
    static final long NO_TRANSACTION = -1;

    private static final int WORDS = 3;

    final long id;
    short epoch = -1;
    int coordinatorEpoch = -1;
    long lastTimestamp = BatchHeader.NO_TIMESTAMP;
    long transactionStart = NO_TRANSACTION;

    /** Of each batch three words, oldest first: objects would take twice the memory. */
    private long[] batches = new long[WORDS];

    private int count;

    /**
     * One batch that was written.
     *
     * @param lastSequence the first one follows from the offsets
     */
    record RememberedBatch(int lastSequence, long lastOffset, int offsetDelta, long timestamp) {
        int firstSequence() {
            return (lastSequence - offsetDelta) & Integer.MAX_VALUE;
        }

        long firstOffset() {
            return lastOffset - offsetDelta;
        }
    }

    Producer(long id) {
        this.id = id;
    }

    /** As far as is known: only of markers that it saw, and of one that it waits for. */
    boolean hadTransactions() {
        return coordinatorEpoch >= 0 || inOpenTransaction();
    }

    boolean hasBatches() {
        return count > 0;
    }

    RememberedBatch last() {
        return batch(count - 1);
    }

    int lastSequence() {
        return hasBatches() ? last().lastSequence() : BatchHeader.NO_SEQUENCE;
    }

    /** The index of the batch with exactly these sequence numbers; -1 where there is none. */
    int find(int firstSequence, int lastSequence) {
        for (int i = 0; i < count; i++) {
            RememberedBatch batch = batch(i);
            if (batch.lastSequence() == lastSequence && batch.firstSequence() == firstSequence) {
                return i;
            }
        }
        return -1;
    }

    RememberedBatch batch(int index) {
        int at = index * WORDS;
        long sequenceAndDelta = batches[at];
        return new RememberedBatch(
                (int) (sequenceAndDelta >>> 32),
                batches[at + 1],
                (int) sequenceAndDelta,
                batches[at + 2]);
    }

    /** A new epoch starts with nothing remembered. */
    void enterEpoch(short newEpoch) {
        if (newEpoch != epoch) {
            epoch = newEpoch;
            count = 0;
        }
    }

    void add(RememberedBatch batch) {
        if (count == BATCHES_MAX) {
            System.arraycopy(batches, WORDS, batches, 0, batches.length - WORDS);
            count--;
        } else if (count * WORDS == batches.length) {
            // Most producers of a big cluster send little: they get room for five once they need
            // it.
            batches = Arrays.copyOf(batches, BATCHES_MAX * WORDS);
        }
        int at = count * WORDS;
        batches[at] =
                (long) batch.lastSequence() << 32 | Integer.toUnsignedLong(batch.offsetDelta());
        batches[at + 1] = batch.lastOffset();
        batches[at + 2] = batch.timestamp();
        count++;
        lastTimestamp = batch.timestamp();
    }

    boolean inOpenTransaction() {
        return transactionStart != NO_TRANSACTION;
    }

    ActiveProducer toActive() {
        return new ActiveProducer(
                id, epoch, lastSequence(), lastTimestamp, coordinatorEpoch, transactionStart);
    }
}
