package io.takhin.log.journal;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * One entry of the journal, without its payload.
 *
 * @param round of its half: what was made durable together; 0 where that is not known
 * @param segmentBase base offset of the segment whose bytes these are
 * @param position of the bytes in the segment's file
 * @param firstOffset of the records, counted without gaps from the entry before
 * @param bytes of payload
 * @param payloadAt where the payload lies in the journal's file
 */
public record JournalEntry(
        JournalFormat.Kind kind,
        long generation,
        int round,
        Uuid topicId,
        TopicPartition partition,
        long segmentBase,
        int position,
        long firstOffset,
        long lastOffset,
        int bytes,
        long payloadAt) {

    private static final TopicPartition NOBODY = new TopicPartition("", 0);

    /** Before it all of a half is unbelievable: a truncation may be among what was damaged. */
    static JournalEntry unknown() {
        return new JournalEntry(
                JournalFormat.Kind.NONE, 0, 0, Uuid.ZERO_UUID, NOBODY, 0, 0, 0, 0, 0, 0);
    }

    /** Fills up a block, so that the next entry begins at one. */
    public static JournalEntry padding(long generation, int round, int bytes) {
        return new JournalEntry(
                JournalFormat.Kind.PADDING,
                generation,
                round,
                Uuid.ZERO_UUID,
                NOBODY,
                0,
                0,
                0,
                0,
                bytes,
                0);
    }

    /** What earlier entries of the log say means nothing any more. */
    public static JournalEntry forget(
            long generation, int round, Uuid topicId, TopicPartition partition) {
        return new JournalEntry(
                JournalFormat.Kind.FORGET, generation, round, topicId, partition, 0, 0, 0, 0, 0, 0);
    }
}
