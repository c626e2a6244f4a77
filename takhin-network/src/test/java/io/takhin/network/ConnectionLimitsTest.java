package io.takhin.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.base.Clock;
import io.takhin.protocol.AnnouncedApis;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.net.BindException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;

final class ConnectionLimitsTest {
    private static final short VERSION = ApiKeys.LIST_GROUPS.latestVersion();
    private static final short PRODUCE = ApiKeys.PRODUCE.latestVersion();

    // S32
    @Test
    void connectionsBeyondTheLimitAreRefusedUntilOthersGo() throws Exception {
        try (TestServer server = new TestServer(NetworkSettings.defaults(), 2, Clock.SYSTEM);
                RawClient first = server.connect();
                RawClient second = server.connect()) {
            ask(server, first);
            ask(server, second);

            try (RawClient third = server.connect()) {
                third.awaitClosed();
            }
            first.socket().close();
            TestServer.await(() -> server.listener().connections() == 1);

            try (RawClient fourth = server.connect()) {
                ask(server, fourth);
            }
        }
    }

    @Test
    void listenersMayShareALimit() throws Exception {
        ConnectionLimit limit = new ConnectionLimit(1, "the test");
        try (TestServer server = new TestServer(NetworkSettings.defaults());
                Listener one = open(server, settings("ONE", limit));
                Listener other = open(server, settings("OTHER", limit));
                RawClient first = new RawClient(one.address())) {
            TestServer.await(() -> one.connections() == 1);
            try (RawClient second = new RawClient(other.address())) {
                second.awaitClosed();
            }

            first.socket().close();
            TestServer.await(() -> one.connections() == 0);

            try (RawClient _ = new RawClient(other.address())) {
                TestServer.await(() -> other.connections() == 1);
            }
        }
    }

    // S33
    @Test
    void anIdleConnectionIsClosedAndOneThatWaitsForItsAnswerIsNot() throws Exception {
        ManualClock clock = new ManualClock(0);
        NetworkSettings settings =
                NetworkSettings.defaults().withIdleTimeout(Duration.ofSeconds(60));
        try (TestServer server = new TestServer(settings, 10, clock);
                RawClient idle = server.connect();
                RawClient waiting = server.connect()) {
            ask(server, idle);
            int id = waiting.send(new ListGroupsRequestData(), VERSION);
            Exchange exchange = server.next();

            clock.advance(Duration.ofSeconds(61));
            server.nudge();

            idle.awaitClosed();
            exchange.reply(new ListGroupsResponseData());
            assertThat(waiting.receive(ApiKeys.LIST_GROUPS, VERSION, id)).isNotNull();
        }
    }

    @Test
    void aFrameOverTheLimitClosesTheConnectionBeforeItsBytesAreRead() throws Exception {
        NetworkSettings settings = NetworkSettings.defaults().withRequestBytesMax(10_000);
        try (TestServer server = new TestServer(settings);
                RawClient client = server.connect()) {
            client.write(ByteBuffer.allocate(4).putInt(10_001).array());

            client.awaitClosed();
        }
    }

    @Test
    void framesThatDoNotFitInMemoryTogetherArriveOneAfterTheOther() throws Exception {
        NetworkSettings tight = NetworkSettings.defaults().withReceiveMemoryBytes(1 << 20);
        byte[] frame = RawClient.frame(ConnectionTest.produce(new byte[400_000], -1), PRODUCE, 1);
        try (TestServer server =
                new TestServer(tight, exchange -> exchange.reply(new ProduceResponseData()))) {
            List<RawClient> clients = connectMany(server, 8);
            for (RawClient client : clients) {
                client.write(Arrays.copyOf(frame, 100_000));
            }
            TestServer.await(() -> server.loops().receiveMemory().hasWaiters());

            for (RawClient client : clients) {
                client.write(Arrays.copyOfRange(frame, 100_000, frame.length));
            }

            for (RawClient client : clients) {
                client.receive(ApiKeys.PRODUCE, PRODUCE, 1);
            }

            TestServer.await(() -> server.loops().receiveMemory().used() == 0);
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void smallRequestsAreServedWhileHugeFramesHoldTheMemory() throws Exception {
        NetworkSettings tight = NetworkSettings.defaults().withReceiveMemoryBytes(1 << 20);
        try (TestServer server = new TestServer(tight);
                RawClient good = server.connect()) {
            List<RawClient> greedy = connectMany(server, 4);
            for (RawClient client : greedy) {
                client.write(ByteBuffer.allocate(2000).putInt(100_000_000).array());
            }
            TestServer.await(() -> server.loops().receiveMemory().hasWaiters());

            ask(server, good);

            for (RawClient client : greedy) {
                client.close();
            }
            TestServer.await(() -> server.loops().receiveMemory().used() == 0);
        }
    }

    @Test
    void garbageBehindRequestsInFlightLeavesNoMemoryBehind() throws Exception {
        NetworkSettings settings = NetworkSettings.defaults().withRequestsInFlightMax(1);
        byte[] request = RawClient.frame(new ListGroupsRequestData(), VERSION, 1);
        ByteBuffer bytes = ByteBuffer.allocate(request.length + 8).put(request).putLong(-1);
        try (TestServer server = new TestServer(settings);
                RawClient client = server.connect()) {
            client.write(bytes.array());
            Exchange exchange = server.next();
            TestServer.await(() -> server.loops().receiveMemory().used() > 0);

            exchange.reply(new ListGroupsResponseData());

            TestServer.await(() -> server.listener().connections() == 0);
            assertThat(server.loops().receiveMemory().used()).isZero();
        }
    }

    @Test
    void aStalledFrameMakesRoomForTheOnesThatWait() throws Exception {
        ManualClock clock = new ManualClock(0);
        NetworkSettings tight =
                NetworkSettings.defaults()
                        .withReceiveMemoryBytes(1 << 20)
                        .withIdleTimeout(Duration.ofHours(1));
        try (TestServer server = new TestServer(tight, 10, clock);
                RawClient stalled = server.connect();
                RawClient next = server.connect()) {
            stalled.write(ByteBuffer.allocate(2000).putInt(5_000_000).array());
            TestServer.await(() -> server.loops().receiveMemory().used() > 0);
            next.write(ByteBuffer.allocate(2000).putInt(5_000_000).array());
            TestServer.await(() -> server.loops().receiveMemory().hasWaiters());

            clock.advance(Duration.ofSeconds(61));
            server.nudge();

            stalled.awaitClosed();
            TestServer.await(() -> !server.loops().receiveMemory().hasWaiters());
        }
    }

    // S177
    @Test
    void aTakenPortSaysSo() throws Exception {
        try (TestServer server = new TestServer(NetworkSettings.defaults())) {
            ListenerSettings same = new ListenerSettings("OTHER", server.listener().address(), 10);

            assertThatThrownBy(() -> open(server, same))
                    .isInstanceOf(BindException.class)
                    .hasMessageStartingWith("bind: address already in use");
        }
    }

    @Test
    void aClosedListenerFreesItsAddressAtOnce() throws Exception {
        try (TestServer server = new TestServer(NetworkSettings.defaults())) {
            ListenerSettings same = new ListenerSettings("AGAIN", server.listener().address(), 10);
            try (RawClient client = server.connect()) {
                ask(server, client);

                server.listener().close();

                client.awaitClosed();
            }
            open(server, same).close();
        }
    }

    private static ListenerSettings settings(String name, ConnectionLimit limit) {
        return new ListenerSettings(name, TestServer.loopback(), limit);
    }

    private static Listener open(TestServer server, ListenerSettings settings) throws IOException {
        return Listener.open(
                server.loops(),
                settings,
                AnnouncedApis.stable(EnumSet.allOf(ApiKeys.class)),
                exchange -> {},
                TrafficObserver.NONE);
    }

    private static List<RawClient> connectMany(TestServer server, int count) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(server.connect());
        }
        return clients;
    }

    private static void ask(TestServer server, RawClient client) throws Exception {
        int id = client.send(new ListGroupsRequestData(), VERSION);
        server.next().reply(new ListGroupsResponseData());
        assertThat(client.receive(ApiKeys.LIST_GROUPS, VERSION, id))
                .isEqualTo(new ListGroupsResponseData());
    }
}
