package io.takhin.network;

import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Sees what passes through a listener, for counting.
 *
 * <p>Threads: called on the event loops, several at once, on the path of every request: an
 * implementation does no more than add to counters.
 */
public interface TrafficObserver {
    /** Counts nothing. */
    TrafficObserver NONE = new TrafficObserver() {};

    default void connectionOpened() {}

    default void connectionClosed() {}

    /** The listener had as many connections as it may have. */
    default void connectionRefused() {}

    /** A connection was closed for what it sent. */
    default void connectionBroken() {}

    default void requestArrived(ApiKeys key, int bytes) {}

    /** An answer is about to be encoded; to look for errors in it. */
    default void replying(ApiKeys key, short version, ApiMessage response) {}

    /**
     * A request is done with.
     *
     * @param bytes of the answer; 0 when the client expected none
     * @param nanos from the arrival of the request's last byte to the answer's last byte written
     */
    default void replySent(ApiKeys key, long bytes, long nanos) {}
}
