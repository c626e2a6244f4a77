package io.takhin.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.base.Clock;
import io.takhin.protocol.AnnouncedApis;
import io.takhin.protocol.ApiVersionsAnswer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.message.BeginQuorumEpochRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.BeginQuorumEpochRequest;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class BrokerClientTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final AnnouncedApis APIS =
            AnnouncedApis.stable(EnumSet.of(ApiKeys.API_VERSIONS, ApiKeys.LIST_GROUPS));

    private final BlockingQueue<Exchange> arrived = new LinkedBlockingQueue<>();
    private EventLoops loops;
    private Listener listener;
    private BrokerClient client;

    @BeforeEach
    void listen() throws IOException {
        loops = EventLoops.start(NetworkSettings.defaults().withEventLoops(2), Clock.SYSTEM);
        listener = listen(0);
        client = new BrokerClient(loops, "takhin-test", listener.address());
    }

    @AfterEach
    void stop() {
        client.close();
        listener.close();
        loops.close();
    }

    @Test
    void manyRequestsAreInFlightAndEachGetsItsAnswer() throws Exception {
        CompletableFuture<ApiMessage> first = client.send(listGroups(), LONG);
        CompletableFuture<ApiMessage> second = client.send(listGroups(), LONG);
        Exchange firstExchange = next();
        Exchange secondExchange = next();

        secondExchange.reply(new ListGroupsResponseData().setThrottleTimeMs(2));
        firstExchange.reply(new ListGroupsResponseData().setThrottleTimeMs(1));

        assertThat(get(first)).isEqualTo(new ListGroupsResponseData().setThrottleTimeMs(1));
        assertThat(get(second)).isEqualTo(new ListGroupsResponseData().setThrottleTimeMs(2));
        assertThat(firstExchange.request().clientId()).isEqualTo("takhin-test");
    }

    @Test
    void aRequestThePeerDoesNotKnowFailsAlone() throws Exception {
        CompletableFuture<ApiMessage> unknown =
                client.send(
                        new BeginQuorumEpochRequest.Builder(new BeginQuorumEpochRequestData()),
                        LONG);
        CompletableFuture<ApiMessage> known = client.send(listGroups(), LONG);
        next().reply(new ListGroupsResponseData());

        assertThat(get(known)).isEqualTo(new ListGroupsResponseData());
        assertThatThrownBy(() -> get(unknown))
                .hasCauseInstanceOf(UnsupportedVersionException.class);
    }

    @Test
    void whatIsInFlightFailsWhenTheConnectionIsLostAndTheNextRequestConnectsAgain()
            throws Exception {
        CompletableFuture<ApiMessage> lost = client.send(listGroups(), LONG);
        next().disconnect("test");
        assertThatThrownBy(() -> get(lost)).hasCauseInstanceOf(DisconnectException.class);

        CompletableFuture<ApiMessage> again = sendAfterBackoff();

        next().reply(new ListGroupsResponseData());
        assertThat(get(again)).isEqualTo(new ListGroupsResponseData());
    }

    @Test
    void aRequestFailsWhenNobodyListensAndAtOnceDuringTheBackoff() throws Exception {
        int freePort;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            freePort = socket.getLocalPort();
        }
        BrokerClient lonely =
                new BrokerClient(
                        loops,
                        "takhin-test",
                        InetSocketAddress.createUnresolved("localhost", freePort));

        CompletableFuture<ApiMessage> refused = lonely.send(listGroups(), LONG);

        assertThatThrownBy(() -> get(refused)).hasCauseInstanceOf(DisconnectException.class);
        assertThatThrownBy(() -> get(lonely.send(listGroups(), LONG)))
                .hasCauseInstanceOf(DisconnectException.class)
                .hasMessageContaining("lately");
    }

    @Test
    void aRequestThatIsNotAnsweredInTimeFails() throws Exception {
        CompletableFuture<ApiMessage> late = client.send(listGroups(), Duration.ofMillis(50));

        assertThatThrownBy(() -> get(late)).hasCauseInstanceOf(TimeoutException.class);
    }

    @Test
    void aClosedClientFailsWhatItIsAsked() {
        client.close();

        assertThatThrownBy(() -> get(client.send(listGroups(), LONG)))
                .hasCauseInstanceOf(DisconnectException.class);
    }

    private static ListGroupsRequest.Builder listGroups() {
        return new ListGroupsRequest.Builder(new ListGroupsRequestData());
    }

    /** The first attempts may fall into the backoff. */
    private CompletableFuture<ApiMessage> sendAfterBackoff() throws Exception {
        while (true) {
            CompletableFuture<ApiMessage> sent = client.send(listGroups(), LONG);
            if (!arrived.isEmpty() || arrivesWithin(sent)) {
                return sent;
            }
        }
    }

    private boolean arrivesWithin(CompletableFuture<ApiMessage> sent) throws Exception {
        Exchange exchange = null;
        while (exchange == null && !sent.isDone()) {
            exchange = arrived.poll(5, TimeUnit.MILLISECONDS);
        }
        return exchange != null && arrived.add(exchange);
    }

    private Listener listen(int port) throws IOException {
        ApiVersionsAnswer versions = new ApiVersionsAnswer(APIS, Features.emptySupportedFeatures());
        return Listener.open(
                loops,
                new ListenerSettings(
                        "RAFT", new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100),
                APIS,
                exchange -> {
                    if (exchange.request().apiKey() == ApiKeys.API_VERSIONS) {
                        exchange.reply(versions.to(exchange.request(), Map.of(), -1));
                    } else {
                        arrived.add(exchange);
                    }
                },
                TrafficObserver.NONE);
    }

    private Exchange next() throws InterruptedException {
        Exchange exchange = arrived.poll(10, TimeUnit.SECONDS);
        assertThat(exchange).isNotNull();
        return exchange;
    }

    private static ApiMessage get(CompletableFuture<ApiMessage> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }
}
