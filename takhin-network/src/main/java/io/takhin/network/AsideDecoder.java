package io.takhin.network;

import io.takhin.protocol.Decoded;
import io.takhin.protocol.MalformedFrameException;
import io.takhin.protocol.RequestDecoder;
import java.nio.ByteBuffer;

/**
 * Decodes large requests away from the event loops: Kafka's collections take time in the square of
 * their size to read (16,000 partition assignments of one CreateTopics a second), and no other
 * client should wait for that. See ADR 33.
 *
 * <p>Threads: any.
 */
final class AsideDecoder {
    private static final int LARGE_FRAME_BYTES = 64 << 10;

    private final AsideWork work;

    AsideDecoder(AsideWork work) {
        this.work = work;
    }

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
        if (!work.reserve(size)) {
            return false;
        }
        ByteBuffer copy = ByteBuffer.allocate(size).put(frame).flip();
        work.start(size, () -> decode(copy, decoder, receiver));
        return true;
    }

    private static void decode(ByteBuffer frame, RequestDecoder decoder, Receiver receiver) {
        try {
            receiver.decoded(decoder.decode(frame));
        } catch (MalformedFrameException e) {
            receiver.malformed(e);
        }
    }
}
