package io.takhin.protocol;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/**
 * Record batches that lie in a file and go from there to a socket without passing through the heap.
 * Put into a Fetch response in place of records.
 *
 * <p>Whoever takes a region out of the log must see that {@link #release} is called exactly once,
 * whether or not it was sent: a region keeps its file from being closed.
 */
public interface RecordRegion extends BaseRecords {
    /**
     * Sends some bytes.
     *
     * @param from how many bytes of this region were sent before
     * @return how many bytes went out now; 0 when the channel takes none
     */
    long transferTo(long from, WritableByteChannel channel) throws IOException;

    /**
     * Copies bytes into memory, as many as there are or fit; fewer where the file was cut short.
     *
     * @param from where in this region to begin
     * @return how many bytes the target has got
     */
    default int copyTo(ByteBuffer target, long from) throws IOException {
        BufferChannel channel = new BufferChannel(target);
        long at = from;
        long copied = 1;
        while (copied > 0 && at < sizeInBytes() && target.hasRemaining()) {
            copied = transferTo(at, channel);
            at += copied;
        }
        return (int) (at - from);
    }

    /**
     * Whether sending is likely to wait for a disk. The connection then calls {@link #load} first,
     * on a thread that may wait, so that its event loop never does.
     */
    default boolean mayBlock() {
        return false;
    }

    /** Brings some bytes of this region into the page cache. May block. */
    default void load(long from, long length) throws IOException {}

    /** Gives the file back. */
    void release();

    @Override
    default RecordsSend<? extends BaseRecords> toSend() {
        throw new IllegalStateException(
                "a region is sent by its connection, not by Kafka's classes");
    }
}
