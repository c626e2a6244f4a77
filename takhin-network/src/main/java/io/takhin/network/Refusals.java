package io.takhin.network;

import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says of clients that a listener did not let in, in one line for many: they come in crowds, and
 * come again.
 *
 * <p>Threads: the listener's event loop.
 */
final class Refusals {
    private static final Logger log = LoggerFactory.getLogger(Refusals.class);
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final String listener;
    private final EventLoop loop;
    private long beyondLimit;
    private long failures;

    Refusals(String listener, EventLoop loop) {
        this.listener = listener;
        this.loop = loop;
    }

    /** A client was closed, because there are as many as may be. */
    void beyond(ConnectionLimit limit) {
        beyondLimit++;
        if (beyondLimit == 1) {
            log.warn(
                    "listener {} refuses connections: {} are open ({})",
                    listener,
                    limit.max(),
                    limit.setBy());
            loop.executeAfter(INTERVAL, this::summarizeBeyond);
        }
    }

    private void summarizeBeyond() {
        if (beyondLimit > 1) {
            log.warn("listener {} refused {} connections", listener, beyondLimit);
        }
        beyondLimit = 0;
    }

    /** The system gave no connection, though clients wait; they go on waiting. */
    void failed(IOException cause) {
        failures++;
        if (failures == 1) {
            log.error(
                    "listener {} cannot accept connections, and tries again: {}",
                    listener,
                    cause.getMessage());
            loop.executeAfter(INTERVAL, () -> failures = 0);
        }
    }
}
