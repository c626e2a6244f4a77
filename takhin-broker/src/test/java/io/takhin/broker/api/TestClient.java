package io.takhin.broker.api;

import io.takhin.network.Client;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.apache.kafka.common.security.auth.KafkaPrincipal;

/** A client that says what a test wants. */
record TestClient(
        InetSocketAddress address,
        InetSocketAddress localAddress,
        String softwareName,
        Duration openFor)
        implements Client {

    /** On the broker's own machine. */
    static TestClient local(String softwareName, Duration openFor) {
        InetAddress here = InetAddress.getLoopbackAddress();
        return new TestClient(
                new InetSocketAddress(here, 54321),
                new InetSocketAddress(here, 9092),
                softwareName,
                openFor);
    }

    @Override
    public String listener() {
        return "PLAINTEXT";
    }

    @Override
    public KafkaPrincipal principal() {
        return KafkaPrincipal.ANONYMOUS;
    }

    @Override
    public long connectionId() {
        return address.getPort();
    }
}
