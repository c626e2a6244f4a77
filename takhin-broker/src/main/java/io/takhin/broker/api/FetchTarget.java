package io.takhin.broker.api;

import java.util.Objects;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;

/**
 * One partition somebody fetches from, where they are in it, and what they were told last. Lives as
 * long as its fetch session, or one request where there is none.
 *
 * <p>Threads: guarded by the lock of its session.
 */
final class FetchTarget {
    private final Key key;
    private FetchPartition wanted;

    private long toldHighWatermark = -1;
    private long toldLogStart = -1;
    private boolean toldError;

    /** How far a reader could see when the partition was last looked at. */
    private long endSeen = -1;

    FetchTarget(Key key, FetchPartition wanted) {
        this.key = key;
        this.wanted = wanted;
    }

    Key key() {
        return key;
    }

    FetchPartition wanted() {
        return wanted;
    }

    /** The client moved on, or asks for more or less at a time. */
    void update(FetchPartition wanted) {
        this.wanted = wanted;
    }

    long endSeen() {
        return endSeen;
    }

    void sawEnd(long end) {
        endSeen = end;
    }

    /**
     * Whether an incremental answer must contain this partition (KIP-227): it has records or an
     * error, or one of the offsets the client keeps has moved.
     */
    boolean isNews(PartitionData data) {
        return data.records().sizeInBytes() > 0
                || data.errorCode() != Errors.NONE.code()
                || toldError
                || data.highWatermark() != toldHighWatermark
                || data.logStartOffset() != toldLogStart
                || data.preferredReadReplica() >= 0
                || data.divergingEpoch().epoch() >= 0;
    }

    void told(PartitionData data) {
        toldError = data.errorCode() != Errors.NONE.code();
        toldHighWatermark = data.highWatermark();
        toldLogStart = data.logStartOffset();
    }

    /**
     * How a client names a partition: by topic name up to version 12, by topic id since (KIP-516).
     */
    record Key(String topic, Uuid topicId, int index) {
        Key {
            Objects.requireNonNull(topic);
        }

        boolean sameTopic(Key other) {
            return topicId.equals(other.topicId) && topic.equals(other.topic);
        }
    }
}
