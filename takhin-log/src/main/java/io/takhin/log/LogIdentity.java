package io.takhin.log;

import io.takhin.log.checkpoint.PartitionMetadataFile;
import java.io.IOException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InconsistentTopicIdException;

/**
 * Of which topic a log is (KIP-516): what the file in its directory says, and what it may be taken
 * for where that was lost or damaged.
 *
 * <p>Threads: any may ask; whoever opens logs of the directory changes it.
 */
final class LogIdentity {
    private final LogState state;
    private final LogDurability durability;
    private final boolean cleanStop;
    private volatile Uuid topicId;

    /**
     * @param topicId {@code Uuid.ZERO_UUID} where the file does not say it
     * @param cleanStop whether the log was left in order; false too where it was made just now
     */
    LogIdentity(LogState state, LogDurability durability, Uuid topicId, boolean cleanStop) {
        this.state = state;
        this.durability = durability;
        this.topicId = topicId;
        this.cleanStop = cleanStop;
    }

    Uuid topicId() {
        return topicId;
    }

    /**
     * Whether a crash came before it was durable of which topic the log is, and so before anything
     * in it was: its records may be those of a topic that had the same name. A file that has
     * content was damaged later, and the directory's name says it then.
     */
    boolean isUnknown() throws IOException {
        return topicId.equals(Uuid.ZERO_UUID)
                && !cleanStop
                && state.host.writtenRecoveryPoint(state.partition) == 0
                && state.view.end() > 0
                && !PartitionMetadataFile.hasContent(state.directory);
    }

    /** As {@link PartitionLog#isOf}. */
    boolean isOf(Uuid topic) {
        return topicId.equals(Uuid.ZERO_UUID)
                || PartitionMetadataFile.isSameButForDamage(topicId, topic);
    }

    /**
     * The log is opened as that of a topic. Where the file does not say so, it is written anew.
     *
     * @throws InconsistentTopicIdException when the log is another topic's
     */
    void openAs(Uuid topic) throws IOException {
        if (topicId.equals(topic)) {
            return;
        }
        if (!isOf(topic)) {
            throw new InconsistentTopicIdException(
                    state.directory + " is of topic " + topicId + ", not " + topic);
        }
        PartitionMetadataFile.rewrite(state.directory, topic);
        topicId = topic;
        durability.identityChanged();
    }
}
