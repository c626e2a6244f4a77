package io.takhin.network;

import java.net.InetSocketAddress;
import java.time.Duration;
import org.apache.kafka.common.security.auth.KafkaPrincipal;

/** Who is at the other end of a connection. */
public interface Client {
    InetSocketAddress address();

    /** The address at which the client reached this broker. */
    InetSocketAddress localAddress();

    /** The name of the listener the client came in by. */
    String listener();

    KafkaPrincipal principal();

    /**
     * The name of the client's software, as its ApiVersions request gave it (KIP-511); empty where
     * it gave none.
     */
    String softwareName();

    /** How long the connection has been open. */
    Duration openFor();

    /** Unique for the life of the process; fetch sessions and log lines name it. */
    long connectionId();
}
