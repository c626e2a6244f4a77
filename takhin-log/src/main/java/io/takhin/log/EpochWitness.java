package io.takhin.log;

import io.takhin.log.LeaderEpochs.Entry;
import java.util.List;

/**
 * Learns a log's leader epochs from its batches, one after the other, where the checkpoint does not
 * tell. A batch's epoch is not under its checksum: so one batch that contradicts those before and
 * behind it is damaged, as long as what is read was on the disk before the crash.
 *
 * <p>Threads: one.
 */
final class EpochWitness {
    private final LeaderEpochs epochs;
    private final boolean believed;

    /** Without the newest one. */
    private List<Entry> before = List.of();

    /** Whether only one batch says the newest one. */
    private boolean isDoubtful;

    /**
     * @param believed whether batches that were on the disk tell nothing new
     */
    EpochWitness(LeaderEpochs epochs, boolean believed) {
        this.epochs = epochs;
        this.believed = believed;
    }

    /** A batch that was on the disk before the crash. */
    void known(int epoch, long baseOffset) {
        if (believed || epoch < 0) {
            return;
        }
        if (epoch < epochs.latest() && !takesBack(epoch)) {
            // It is this one that is damaged.
            return;
        }
        if (epoch > epochs.latest()) {
            before = epochs.entries();
            epochs.assign(epoch, baseOffset);
            isDoubtful = true;
        } else {
            isDoubtful = false;
        }
    }

    /** Whether the batch before is the damaged one: the epoch before that goes on here. */
    private boolean takesBack(int epoch) {
        boolean isOnlyOne = isDoubtful && (before.isEmpty() || before.getLast().epoch() <= epoch);
        if (isOnlyOne) {
            epochs.restore(before);
        }
        return isOnlyOne;
    }

    /** Whether a whole batch of the epoch can be there, which nobody knew to be on the disk. */
    boolean admits(int epoch) {
        return epoch < 0 || epoch >= epochs.latest() || takesBack(epoch);
    }

    /** A batch that was admitted. */
    void read(int epoch, long baseOffset) {
        if (epoch > epochs.latest()) {
            epochs.assign(epoch, baseOffset);
        }
        isDoubtful = false;
    }
}
