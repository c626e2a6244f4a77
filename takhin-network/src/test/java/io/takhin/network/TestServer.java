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
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/** A listener on a free port whose requests a test answers by hand, or by a handler. */
final class TestServer implements AutoCloseable {
    private final BlockingQueue<Exchange> arrived = new LinkedBlockingQueue<>();
    private final EventLoops loops;
    private final Listener listener;

    TestServer(NetworkSettings settings) throws IOException {
        this(settings, 1000, Clock.SYSTEM);
    }

    TestServer(NetworkSettings settings, int connectionsMax, Clock clock) throws IOException {
        this(settings, connectionsMax, clock, null);
    }

    TestServer(NetworkSettings settings, RequestHandler handler) throws IOException {
        this(settings, 1000, Clock.SYSTEM, handler);
    }

    private TestServer(
            NetworkSettings settings,
            int connectionsMax,
            Clock clock,
            @Nullable RequestHandler handler)
            throws IOException {
        this.loops = EventLoops.start(settings, clock);
        this.listener =
                Listener.open(
                        loops,
                        new ListenerSettings("PLAINTEXT", loopback(), connectionsMax),
                        AnnouncedApis.stable(EnumSet.allOf(ApiKeys.class)),
                        handler == null ? arrived::add : handler,
                        TrafficObserver.NONE);
    }

    static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** Waits for a condition that another thread brings about. */
    static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    RawClient connect() throws IOException {
        return new RawClient(listener.address());
    }

    Listener listener() {
        return listener;
    }

    EventLoops loops() {
        return loops;
    }

    Exchange next() throws InterruptedException {
        Exchange exchange = arrived.poll(20, TimeUnit.SECONDS);
        if (exchange == null) {
            throw new AssertionError("no request arrived");
        }
        return exchange;
    }

    int waiting() {
        return arrived.size();
    }

    /** Has every loop look at its clock and its sockets once more. */
    void nudge() {
        loops.forEach(loop -> loop.executeAndWait(() -> {}));
    }

    @Override
    public void close() {
        listener.close();
        loops.close();
    }
}
