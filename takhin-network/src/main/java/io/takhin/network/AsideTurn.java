package io.takhin.network;

import io.takhin.protocol.Decoded;
import io.takhin.protocol.MalformedFrameException;
import io.takhin.protocol.RequestDecoder;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of a connection's requests is done away from its loop: one thing at a time, and the
 * connection hands out no further request until that has ended.
 *
 * <p>Threads: the loop's, but for the work itself.
 */
final class AsideTurn {
    private static final Logger log = LoggerFactory.getLogger(AsideTurn.class);

    private final Connection connection;
    private final EventLoops loops;
    private boolean underWay;

    AsideTurn(Connection connection, EventLoops loops) {
        this.connection = connection;
        this.loops = loops;
    }

    boolean isUnderWay() {
        return underWay;
    }

    /** Decodes a frame, if it is one that should not be decoded on the loop. */
    boolean decodes(ByteBuffer frame, RequestDecoder decoder) {
        underWay = loops.asideDecoder().takes(frame, decoder, new Decoding(frame.remaining()));
        return underWay;
    }

    /** Runs a task on a thread of its own; in place where too much is under way. */
    void run(int bytes, Runnable task) {
        AsideWork work = loops.asideWork();
        if (work.reserve(bytes)) {
            underWay = true;
            work.start(bytes, () -> run(task));
        } else {
            task.run();
        }
    }

    @SuppressWarnings("CatchingUnchecked")
    private void run(Runnable task) {
        @Nullable String problem = "its request could not be handled";
        try {
            task.run();
            problem = null;
        } catch (RuntimeException e) {
            log.error("work on a request of {} failed", connection.address(), e);
        } finally {
            end(problem);
        }
    }

    private void end(@Nullable String problem) {
        connection.comeBack(() -> {
            underWay = false;
            if (problem != null) {
                connection.disconnect(problem);
            }
            connection.flush();
        });
    }

    /** Comes back with a large request; nothing was delivered in between. */
    private final class Decoding implements AsideDecoder.Receiver {
        private final int bytes;

        private Decoding(int bytes) {
            this.bytes = bytes;
        }

        @Override
        public void decoded(Decoded decoded) {
            connection.comeBack(() -> {
                underWay = false;
                connection.startLate(decoded, bytes);
            });
        }

        @Override
        public void malformed(MalformedFrameException why) {
            end(String.valueOf(why.getMessage()));
        }
    }
}
