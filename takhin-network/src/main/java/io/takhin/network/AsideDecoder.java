package io.takhin.network;

import io.takhin.base.Threads;
import io.takhin.protocol.Decoded;
import io.takhin.protocol.MalformedFrameException;
import io.takhin.protocol.RequestDecoder;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Decodes large requests away from the event loops: Kafka's collections take time in the square of
 * their size to read (16,000 partition assignments of one CreateTopics a second), and no other
 * client should wait for that. See ADR 33.
 *
 * <p>Threads: any; one virtual thread a frame.
 */
final class AsideDecoder {
    private static final int LARGE_FRAME_BYTES = 64 << 10;

    /** Copies of frames being decoded; beyond this, frames are decoded where they are. */
    private static final int BYTES_MAX = 32 << 20;

    private final AtomicInteger bytes = new AtomicInteger();

    /** What became of a frame, called on the decoding thread. */
    interface Receiver {
        void decoded(Decoded decoded);

        void malformed(MalformedFrameException why);
    }

    /** Takes the frame if it should not be decoded on an event loop. */
    boolean takes(ByteBuffer frame, RequestDecoder decoder, Receiver receiver) {
        int size = frame.remaining();
        if (size < LARGE_FRAME_BYTES || RequestDecoder.isProduce(frame)) {
            return false;
        }
        if (bytes.addAndGet(size) > BYTES_MAX) {
            bytes.addAndGet(-size);
            return false;
        }
        ByteBuffer copy = ByteBuffer.allocate(size).put(frame).flip();
        Threads.startVirtual("takhin-decode", () -> decode(copy, decoder, receiver));
        return true;
    }

    private void decode(ByteBuffer frame, RequestDecoder decoder, Receiver receiver) {
        int size = frame.remaining();
        try {
            receiver.decoded(decoder.decode(frame));
        } catch (MalformedFrameException e) {
            receiver.malformed(e);
        } finally {
            bytes.addAndGet(-size);
        }
    }
}
