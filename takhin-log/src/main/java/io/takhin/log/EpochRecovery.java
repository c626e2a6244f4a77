package io.takhin.log;

import io.takhin.log.LeaderEpochs.Entry;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leader epochs of a log that is read back: what their checkpoint says, as far as batches bear
 * it out, and else what batches tell.
 *
 * <p>Threads: one per log.
 */
final class EpochRecovery {
    private static final Logger log = LoggerFactory.getLogger(EpochRecovery.class);

    private final TopicPartition partition;
    private final LeaderEpochs epochs;
    private final boolean readable;

    /** Of the epochs that batches tell; a new one for each walk that does not believe the file. */
    private EpochWitness witness;

    /** As the checkpoint has it; larger than any offset where it has none. */
    private long firstStart;

    private EpochRecovery(TopicPartition partition, LeaderEpochs epochs, boolean readable) {
        this.partition = partition;
        this.epochs = epochs;
        this.readable = readable;
        this.witness = new EpochWitness(epochs, true);
        List<Entry> entries = epochs.entries();
        this.firstStart =
                readable && !entries.isEmpty() ? entries.getFirst().startOffset() : Long.MAX_VALUE;
    }

    static EpochRecovery read(TopicPartition partition, Path directory) {
        try {
            return new EpochRecovery(partition, LeaderEpochs.read(directory), true);
        } catch (IOException e) {
            log.warn("partition {}: rebuilding the leader epochs: {}", partition, e.getMessage());
            return new EpochRecovery(partition, LeaderEpochs.ofDamagedFile(), false);
        }
    }

    /** What the log's batches say. */
    @FunctionalInterface
    interface Batches {
        /** The epoch of the batch that holds the offset, or of the next one; -1 without either. */
        int epochAt(long offset) throws IOException;
    }

    LeaderEpochs epochs() {
        return epochs;
    }

    EpochWitness witness() {
        return witness;
    }

    /** Where the log's first epoch starts, unless the checkpoint turned out to be damaged. */
    long firstStart() {
        return firstStart;
    }

    /**
     * Returns whether the checkpoint can be right.
     *
     * @param trustedBelow batches that end below this offset were on the disk; all after a clean
     *     stop
     */
    boolean isBelievable(boolean cleanStop, long trustedBelow, Batches batches) throws IOException {
        boolean believable =
                readable
                        && !epochs.entries().isEmpty()
                        && (cleanStop || isNewestRight(trustedBelow, batches));
        if (!believable) {
            firstStart = Long.MAX_VALUE;
        }
        // Those that begin behind the point go, and batches may have to tell of all.
        witness = new EpochWitness(epochs, believable && firstStart < trustedBelow);
        return believable;
    }

    /**
     * Of the epochs that began below the recovery point the newest decides which batches behind it
     * are valid, so it is held against the first batch that is left of it, or behind it.
     */
    private boolean isNewestRight(long trustedBelow, Batches batches) throws IOException {
        Entry newest = null;
        for (Entry each : epochs.entries()) {
            newest = each.startOffset() < trustedBelow ? each : newest;
        }
        int epoch = newest == null ? -1 : batches.epochAt(newest.startOffset());
        if (newest != null && epoch >= 0 && epoch < newest.epoch()) {
            log.error(
                    "partition {}: the checkpoint of leader epochs is damaged and is made anew:"
                            + " {}, but the batch there has epoch {}",
                    partition,
                    newest,
                    epoch);
            return false;
        }
        return true;
    }

    /** The batches have to tell of all. */
    void forget() {
        epochs.clear();
        witness = new EpochWitness(epochs, false);
    }

    /**
     * With a new start the first epoch starts there, too, and that is durable first. Where the two
     * differ one of them is damaged: in doubt records stay.
     *
     * @param said to be the log's start
     */
    long startOf(long said, long end) {
        if (said > end) {
            return firstStart <= end ? firstStart : 0;
        }
        if (said > firstStart) {
            log.error(
                    "partition {}: its start {} is not believed, since its first leader epoch"
                            + " starts at {}",
                    partition,
                    said,
                    firstStart);
            return firstStart;
        }
        return said;
    }

    void write(Path directory) throws IOException {
        try {
            epochs.writeAfterCrash(directory);
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e)) {
                throw e;
            }
            // A full disk must not keep a broker from starting.
            log.warn(
                    "partition {}: its leader epochs are written later: {}",
                    partition,
                    e.getMessage());
        }
    }
}
