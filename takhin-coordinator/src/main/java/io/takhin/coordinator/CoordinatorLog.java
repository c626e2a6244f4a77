package io.takhin.coordinator;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;

/**
 * The partition a coordinator keeps its state in, as the coordinator sees it: a log this broker
 * leads, for the time of one leadership. The broker implements it with its partition, and makes a
 * new object when it begins to lead in a new epoch; appends to an old one are refused. Two of them
 * are never equal.
 *
 * <p>Threads: any. Appends to one log come one at a time.
 */
public interface CoordinatorLog {
    /**
     * Writes one or more whole record batches (v2), assigning offsets and leader epoch in place.
     *
     * @param batches position to limit; must be written or copied before this returns, because the
     *     coordinator uses the memory again
     */
    Append append(ByteBuffer batches);

    /** The first offset that can be read. */
    long startOffset();

    /** One past the last record in the log, committed or not. */
    long endOffset();

    /** One past the last record that is on every in-sync replica; never moves back. */
    long highWatermark();

    /**
     * Copies batches out of the log, beginning with the one that holds the offset. The last batch
     * may be cut off unless it is the only one; empty when nothing lies at or after the offset.
     *
     * @param bytesMax how much to read; a larger first batch is read whole
     */
    ByteBuffer read(long offset, int bytesMax) throws IOException;

    /**
     * Adds a listener for the time this broker leads the partition. The log drops it by itself when
     * that ends, and must never tell it about an offset of a later leadership: the log may have
     * been truncated in between.
     */
    void addListener(HighWatermarkListener listener);

    /** Harmless when the listener is not there any more. */
    void removeListener(HighWatermarkListener listener);

    /** How an append ended. */
    sealed interface Append {
        /**
         * The batches are in the log, not necessarily on any disk yet.
         *
         * @param nextOffset one past the last record written
         */
        record Done(long nextOffset) implements Append {}

        /** Nothing was written: not the leader any more, the batch too large, the disk failed. */
        record Refused(Errors error) implements Append {}
    }

    /** Told when the high watermark has advanced; must be quick. */
    @FunctionalInterface
    interface HighWatermarkListener {
        void advancedTo(long highWatermark);
    }
}
