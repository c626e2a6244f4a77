package io.takhin.network;

import io.takhin.protocol.MalformedFrameException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what another broker sends into frames, each in memory of its own, because records stay in
 * it.
 *
 * <p>Threads: its event loop.
 */
final class AnswerReceiver {
    /** A fetch may be answered with more than its limit, by one batch. */
    private static final int FRAME_BYTES_MAX = 256 << 20;

    private final ByteBuffer length = ByteBuffer.allocate(Integer.BYTES);
    private @Nullable ByteBuffer frame;

    /** Takes a whole frame, without its length, and owns it from then on. */
    interface Sink {
        void onFrame(ByteBuffer frame) throws MalformedFrameException;
    }

    /** Reads once. Returns false when the peer is done. */
    boolean receive(ReadableByteChannel channel, ByteBuffer buffer, Sink sink)
            throws IOException, MalformedFrameException {
        if (channel.read(buffer) < 0) {
            return false;
        }
        buffer.flip();
        while (buffer.hasRemaining()) {
            consume(buffer, sink);
        }
        return true;
    }

    private void consume(ByteBuffer from, Sink sink) throws MalformedFrameException {
        if (frame == null) {
            move(from, length);
            if (!length.hasRemaining()) {
                frame = ByteBuffer.allocate(checked(length.flip().getInt()));
                length.clear();
            }
            return;
        }
        ByteBuffer filled = frame;
        move(from, filled);
        if (!filled.hasRemaining()) {
            frame = null;
            sink.onFrame(filled.flip());
        }
    }

    private static void move(ByteBuffer from, ByteBuffer to) {
        int bytes = Math.min(from.remaining(), to.remaining());
        to.put(to.position(), from, from.position(), bytes);
        to.position(to.position() + bytes);
        from.position(from.position() + bytes);
    }

    private static int checked(int bytes) throws MalformedFrameException {
        if (bytes < Integer.BYTES || bytes > FRAME_BYTES_MAX) {
            throw new MalformedFrameException("an answer of " + bytes + " bytes");
        }
        return bytes;
    }
}
