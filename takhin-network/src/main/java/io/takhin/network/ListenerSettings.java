package io.takhin.network;

import java.net.InetSocketAddress;

/**
 * One listener.
 *
 * @param name as clients and logs see it
 * @param bind where it listens; port 0 takes a free one
 * @param connectionsMax open connections; more are refused
 */
public record ListenerSettings(String name, InetSocketAddress bind, int connectionsMax) {
    public ListenerSettings {
        if (connectionsMax < 1) {
            throw new IllegalArgumentException("connections out of bounds: " + connectionsMax);
        }
    }
}
