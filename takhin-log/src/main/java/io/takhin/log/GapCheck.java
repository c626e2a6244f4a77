package io.takhin.log;

import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells offsets that a crash took out of a log from those that compaction or deletion did. Of the
 * former nothing behind was ever acknowledged, because a segment is durable to its end before
 * anything of the next one counts. This program's compaction and deletion never reach above a
 * recovery point, which may be lost, and the former is announced in a checkpoint; of Kafka's tell
 * its own one and gaps within a segment.
 *
 * <p>Threads: one.
 */
final class GapCheck {
    private static final Logger log = LoggerFactory.getLogger(GapCheck.class);

    private final TopicPartition partition;
    private final LogRecovery.Trust trust;
    private long recoveryPoint;
    private long start;
    private boolean sparseBefore;

    GapCheck(TopicPartition partition, LogRecovery.Trust trust) {
        this.partition = partition;
        this.trust = trust;
        this.recoveryPoint = trust.recoveryPoint();
        this.start = trust.logStart();
    }

    /** Zero once the log was seen to end before it. */
    long recoveryPoint() {
        return recoveryPoint;
    }

    void disbelieveRecoveryPoint() {
        recoveryPoint = 0;
    }

    /** The log was seen to end before it. */
    void disbelieveStart() {
        start = 0;
    }

    /** A log cannot start behind the offset: the first epoch goes with the records before it. */
    void setFirstEpochStart(long offset) {
        start = Math.min(start, offset);
    }

    /**
     * Of the segment before the next gap.
     *
     * @param sparse whether offsets are missing within it, as only compaction leaves them
     */
    void setBefore(boolean sparse) {
        sparseBefore = sparse;
    }

    /**
     * Whether a crash took what is missing between a segment's end and the next one's begin. A gap
     * that is taken for another one is said, too.
     */
    boolean isTornBefore(long baseOffset, long end) {
        if (trust.cleanStop() || baseOffset <= end) {
            return false;
        }
        boolean explained =
                sparseBefore || baseOffset <= Math.max(recoveryPoint, Math.max(start, compacted()));
        if (explained) {
            log.info(
                    "partition {} has no offsets {} to {}, which compaction or deletion explains:"
                            + " recovery point {}, start {}, compacted below {}, sparse before: {}",
                    partition,
                    end,
                    baseOffset - 1,
                    recoveryPoint,
                    start,
                    compacted(),
                    sparseBefore);
        } else {
            log.warn("partition {} lost offsets {} to {}", partition, end, baseOffset - 1);
        }
        return !explained;
    }

    private long compacted() {
        return trust.compactedBelow();
    }
}
