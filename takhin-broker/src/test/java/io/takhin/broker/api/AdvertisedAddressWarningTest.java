package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.takhin.network.Client;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class AdvertisedAddressWarningTest {
    private static final InetSocketAddress BROKER = new InetSocketAddress("10.0.0.1", 9092);

    private final Logger logger = (Logger) LoggerFactory.getLogger(AdvertisedAddressWarning.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.setLevel(Level.WARN); // other tests change the level of all
        logger.addAppender(lines);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(lines);
        logger.setLevel(null);
    }

    @Test
    void isSaidOnceForEachMachineHoweverOftenItsClientsAsk() throws UnknownHostException {
        AdvertisedAddressWarning warning = telling("localhost", "127.0.0.1");

        warning.check(clientAt("10.0.0.2", 40_001));
        warning.check(clientAt("10.0.0.2", 40_002));
        warning.check(clientAt("10.0.0.3", 40_001));

        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .satisfiesExactly(
                        first -> assertThat(first).contains("10.0.0.2", "kafka.advertised.host"),
                        second -> assertThat(second).contains("10.0.0.3"));
    }

    @Test
    void isNotSaidToClientsThatReachTheBroker() throws UnknownHostException {
        AdvertisedAddressWarning warning = telling("broker1", "10.0.0.1");

        warning.check(clientAt("10.0.0.2", 40_001));

        assertThat(lines.list).isEmpty();
    }

    private static AdvertisedAddressWarning telling(String host, String address)
            throws UnknownHostException {
        InetAddress[] resolved = {InetAddress.getByName(address)};
        return new AdvertisedAddressWarning(AdvertisedAddressCheck.of(host, _ -> resolved));
    }

    private static Client clientAt(String address, int port) {
        return new TestClient(new InetSocketAddress(address, port), BROKER, "", Duration.ZERO);
    }
}
