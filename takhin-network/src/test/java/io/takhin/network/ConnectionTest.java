package io.takhin.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.protocol.AnnouncedApis;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ConnectionTest {
    private static final short VERSION = ApiKeys.LIST_GROUPS.latestVersion();

    private final BlockingQueue<Exchange> arrived = new LinkedBlockingQueue<>();
    private EventLoops loops;
    private Listener listener;

    @BeforeEach
    void listen() throws IOException {
        loops = EventLoops.start(NetworkSettings.defaults().withEventLoops(2), Clock.SYSTEM);
        listener =
                Listener.open(
                        loops,
                        new ListenerSettings(
                                "PLAINTEXT",
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                100),
                        AnnouncedApis.stable(EnumSet.allOf(ApiKeys.class)),
                        arrived::add,
                        TrafficObserver.NONE);
    }

    @AfterEach
    void stop() {
        listener.close();
        loops.close();
    }

    @Test
    void answersLeaveInTheOrderOfTheRequests() throws Exception {
        try (RawClient client = new RawClient(listener.address())) {
            int first = client.send(new ListGroupsRequestData(), VERSION);
            int second = client.send(new ListGroupsRequestData(), VERSION);
            Exchange firstExchange = next();
            Exchange secondExchange = next();

            secondExchange.reply(new ListGroupsResponseData().setThrottleTimeMs(2));
            firstExchange.reply(new ListGroupsResponseData().setThrottleTimeMs(1));

            assertThat(client.receive(ApiKeys.LIST_GROUPS, VERSION, first))
                    .isEqualTo(new ListGroupsResponseData().setThrottleTimeMs(1));
            assertThat(client.receive(ApiKeys.LIST_GROUPS, VERSION, second))
                    .isEqualTo(new ListGroupsResponseData().setThrottleTimeMs(2));
        }
    }

    private Exchange next() throws InterruptedException {
        Exchange exchange = arrived.poll(10, TimeUnit.SECONDS);
        assertThat(exchange).isNotNull();
        return exchange;
    }
}
