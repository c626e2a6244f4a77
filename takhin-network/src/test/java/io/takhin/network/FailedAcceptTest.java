package io.takhin.network;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.takhin.protocol.AnnouncedApis;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.EnumSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The system has no descriptor for clients that have connected. */
final class FailedAcceptTest {
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final int ROUNDS = 50;

    private final ManualClock clock = new ManualClock(0);
    private final AtomicInteger attempts = new AtomicInteger();
    private final Logger logger = (Logger) LoggerFactory.getLogger(Refusals.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private volatile boolean failing = true;
    private TestServer server;
    private Listener listener;

    @BeforeEach
    void listen() throws IOException {
        lines.start();
        logger.setLevel(Level.WARN);
        logger.addAppender(lines);
        server = new TestServer(NetworkSettings.defaults().withEventLoops(1), 10, clock);
        BoundSocket bound = BoundSocket.bind(TestServer.loopback());
        ServerSocketChannel channel = bound.channel();
        listener =
                Listener.open(
                        server.loops(),
                        new ListenerSettings("FAILING", bound.address(), 10),
                        bound.withBacklog(() -> {
                            attempts.incrementAndGet();
                            if (failing) {
                                throw new IOException("Too many open files");
                            }
                            return channel.accept();
                        }),
                        AnnouncedApis.stable(EnumSet.allOf(ApiKeys.class)),
                        _ -> {},
                        TrafficObserver.NONE);
    }

    @AfterEach
    void close() {
        listener.close();
        server.close();
        logger.detachAppender(lines);
        logger.setLevel(null);
    }

    @Test
    void itIsTriedAgainAfterAPauseAndNotBefore() throws Exception {
        try (Socket _ = connect()) {
            awaitAttempts(1);

            for (int i = 0; i < ROUNDS; i++) {
                server.nudge();
            }

            assertThat(attempts).hasValue(1);
            pause();
            awaitAttempts(2);
        }
    }

    @Test
    void theClientIsLetInWhenThereIsOne() throws Exception {
        try (Socket _ = connect()) {
            awaitAttempts(1);

            failing = false;
            pause();

            TestServer.await(() -> listener.connections() == 1);
        }
    }

    @Test
    void itIsSaidOnceInTenSeconds() throws Exception {
        try (Socket _ = connect()) {
            awaitAttempts(1);
            for (int i = 2; i <= ROUNDS; i++) {
                pause();
                awaitAttempts(i);
            }
            assertThat(lines.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .containsExactly(
                            "listener FAILING cannot accept connections, and tries again:"
                                    + " Too many open files");

            clock.advance(Duration.ofSeconds(10));
            server.nudge();
            awaitAttempts(ROUNDS + 1);
            assertThat(lines.list).hasSize(2);
        }
    }

    private Socket connect() throws IOException {
        return new Socket(listener.address().getAddress(), listener.address().getPort());
    }

    private void pause() {
        clock.advance(PAUSE);
        server.nudge();
    }

    private void awaitAttempts(int count) throws InterruptedException {
        TestServer.await(() -> attempts.get() >= count);
        server.nudge(); // its consequences have been drawn
        assertThat(attempts).hasValue(count);
    }
}
