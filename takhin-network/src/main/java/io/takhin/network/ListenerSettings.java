package io.takhin.network;

import java.net.InetSocketAddress;

/**
 * One listener.
 *
 * @param name as clients and logs see it
 * @param bind where it listens; port 0 takes a free one
 * @param limit for its connections, which others may share; more are refused
 */
public record ListenerSettings(String name, InetSocketAddress bind, ConnectionLimit limit) {
    /**
     * With a limit of its own.
     *
     * @param connectionsMax open connections
     */
    public ListenerSettings(String name, InetSocketAddress bind, int connectionsMax) {
        this(name, bind, new ConnectionLimit(connectionsMax, "a fixed limit"));
    }
}
