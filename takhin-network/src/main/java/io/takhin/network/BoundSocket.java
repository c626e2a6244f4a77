package io.takhin.network;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An address taken for a {@link Listener} that is not there yet. Clients may connect and wait in
 * the backlog: the port is known, and known to be free, before the broker is ready to serve.
 */
public final class BoundSocket implements AutoCloseable {
    private static final int BACKLOG_MAX = 1024;

    private final ServerSocketChannel channel;
    private final Backlog backlog;

    /** Where clients wait that have connected. */
    @FunctionalInterface
    interface Backlog {
        /** Null where nobody waits. */
        @Nullable SocketChannel accept() throws IOException;
    }

    private BoundSocket(ServerSocketChannel channel, Backlog backlog) {
        this.channel = channel;
        this.backlog = backlog;
    }

    /**
     * Takes an address; port 0 takes a free one.
     *
     * @throws BindException says in words why it cannot be had
     */
    public static BoundSocket bind(InetSocketAddress address) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(address, BACKLOG_MAX);
            return new BoundSocket(channel, channel::accept);
        } catch (IOException e) {
            channel.close();
            throw describe(e, address);
        }
    }

    private static IOException describe(IOException cause, InetSocketAddress address) {
        String why = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        BindException described = new BindException("bind: " + why + ": " + address);
        described.initCause(cause);
        return described;
    }

    /** With the port it got. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.socket().getLocalSocketAddress();
    }

    ServerSocketChannel channel() {
        return channel;
    }

    @Nullable SocketChannel accept() throws IOException {
        return backlog.accept();
    }

    /** For tests: the same socket, and clients come as the test will have it. */
    BoundSocket withBacklog(Backlog other) {
        return new BoundSocket(channel, other);
    }

    /** Gives the address back; a listener that was opened on it does so itself. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
