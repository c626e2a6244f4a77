package io.takhin.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.network.EventLoops;
import io.takhin.network.Exchange;
import io.takhin.network.Listener;
import io.takhin.network.ListenerSettings;
import io.takhin.network.NetworkSettings;
import io.takhin.network.TrafficObserver;
import io.takhin.protocol.AnnouncedApis;
import io.takhin.protocol.ApiVersionsAnswer;
import io.takhin.protocol.ErrorReplies;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

final class SocketFuzzTest {
    private static final AnnouncedApis APIS = AnnouncedApis.stable(EnumSet.allOf(ApiKeys.class));
    private static final ApiVersionsAnswer VERSIONS =
            new ApiVersionsAnswer(APIS, Features.emptySupportedFeatures());

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    @Test
    void anAttackedListenerKeepsServingTheOthers() throws Exception {
        try (EventLoops loops =
                        EventLoops.start(
                                NetworkSettings.defaults().withReceiveMemoryBytes(4 << 20),
                                Clock.SYSTEM);
                Listener listener = open(loops)) {
            String summary =
                    SocketFuzz.run(
                            listener.address(), System.nanoTime(), 2000, Duration.ofSeconds(20));

            System.out.println(summary);
            assertThat(summary).contains("attacks");
            assertThat(failures).isEmpty();
        }
    }

    private Listener open(EventLoops loops) throws Exception {
        return Listener.open(
                loops,
                new ListenerSettings(
                        "PLAINTEXT",
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        1000),
                APIS,
                this::answerOrNote,
                TrafficObserver.NONE);
    }

    private void answerOrNote(Exchange exchange) {
        try {
            answer(exchange);
        } catch (RuntimeException e) {
            failures.add(e);
            throw e;
        }
    }

    private static void answer(Exchange exchange) {
        if (exchange.request().apiKey() == ApiKeys.API_VERSIONS) {
            exchange.reply(VERSIONS.to(exchange.request(), Map.of(), -1));
            return;
        }
        ApiMessage error = ErrorReplies.to(exchange.request(), Errors.INVALID_REQUEST);
        if (error == null) {
            exchange.replyNothing();
        } else {
            exchange.reply(error);
        }
    }
}
