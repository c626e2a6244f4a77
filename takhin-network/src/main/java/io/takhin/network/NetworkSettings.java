package io.takhin.network;

import java.time.Duration;

/**
 * What all listeners and connections of a process share.
 *
 * @param eventLoops threads that serve connections
 * @param requestBytesMax a frame that announces more ends its connection
 * @param requestsInFlightMax requests of one connection that may wait for their answer; beyond it
 *     the connection is not read
 * @param receiveMemoryBytes bounds what frames that have not arrived in full hold, over all
 *     connections
 * @param idleTimeout a connection without a byte and without a waiting request is closed after it
 */
public record NetworkSettings(
        int eventLoops,
        int requestBytesMax,
        int requestsInFlightMax,
        long receiveMemoryBytes,
        Duration idleTimeout) {
    private static final int EVENT_LOOPS_MAX = 4;
    private static final int REQUEST_BYTES_MAX = 100 << 20;
    private static final int REQUESTS_IN_FLIGHT_MAX = 128;
    private static final long RECEIVE_MEMORY_BYTES = 64L << 20;
    private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(60);

    public NetworkSettings {
        require(eventLoops >= 1, "event loops", eventLoops);
        require(requestBytesMax >= 1024, "request bytes", requestBytesMax);
        require(requestsInFlightMax >= 1, "requests in flight", requestsInFlightMax);
        require(receiveMemoryBytes >= 1 << 20, "receive memory", receiveMemoryBytes);
        require(idleTimeout.isPositive(), "idle timeout", idleTimeout);
    }

    public static NetworkSettings defaults() {
        int loops = Math.min(EVENT_LOOPS_MAX, Runtime.getRuntime().availableProcessors());
        return new NetworkSettings(
                loops,
                REQUEST_BYTES_MAX,
                REQUESTS_IN_FLIGHT_MAX,
                RECEIVE_MEMORY_BYTES,
                IDLE_TIMEOUT);
    }

    public NetworkSettings withEventLoops(int count) {
        return new NetworkSettings(
                count, requestBytesMax, requestsInFlightMax, receiveMemoryBytes, idleTimeout);
    }

    public NetworkSettings withRequestBytesMax(int bytes) {
        return new NetworkSettings(
                eventLoops, bytes, requestsInFlightMax, receiveMemoryBytes, idleTimeout);
    }

    public NetworkSettings withRequestsInFlightMax(int count) {
        return new NetworkSettings(
                eventLoops, requestBytesMax, count, receiveMemoryBytes, idleTimeout);
    }

    public NetworkSettings withReceiveMemoryBytes(long bytes) {
        return new NetworkSettings(
                eventLoops, requestBytesMax, requestsInFlightMax, bytes, idleTimeout);
    }

    public NetworkSettings withIdleTimeout(Duration timeout) {
        return new NetworkSettings(
                eventLoops, requestBytesMax, requestsInFlightMax, receiveMemoryBytes, timeout);
    }

    private static void require(boolean holds, String what, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(what + " out of bounds: " + value);
        }
    }
}
