package io.takhin.network;

import io.takhin.base.Clock;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The threads that serve all sockets of the process, and what they share.
 *
 * <p>Threads: any.
 */
public final class EventLoops implements AutoCloseable {
    private static final Duration SWEEP_PERIOD_MAX = Duration.ofSeconds(1);

    private final NetworkSettings settings;
    private final List<EventLoop> loops;
    private final ReceiveMemory receiveMemory;
    private final ColdReads coldReads = new ColdReads();
    private final AsideWork asideWork = new AsideWork();
    private final AsideDecoder asideDecoder = new AsideDecoder(asideWork);
    private final AtomicInteger turn = new AtomicInteger();
    private final AtomicLong connectionIds = new AtomicLong();

    private EventLoops(NetworkSettings settings, List<EventLoop> loops) {
        this.settings = settings;
        this.loops = loops;
        this.receiveMemory = new ReceiveMemory(settings.receiveMemoryBytes());
    }

    /** Starts the threads. */
    public static EventLoops start(NetworkSettings settings, Clock clock) throws IOException {
        List<EventLoop> loops = new ArrayList<>();
        for (int i = 0; i < settings.eventLoops(); i++) {
            loops.add(new EventLoop("takhin-network-" + i, clock));
        }
        EventLoops all = new EventLoops(settings, List.copyOf(loops));
        all.loops.forEach(all::sweepRegularly);
        all.loops.forEach(EventLoop::start);
        return all;
    }

    /** Closes all connections and ends the threads. Listeners are closed before. */
    @Override
    public void close() {
        loops.forEach(EventLoop::close);
        coldReads.close();
    }

    NetworkSettings settings() {
        return settings;
    }

    ReceiveMemory receiveMemory() {
        return receiveMemory;
    }

    ColdReads coldReads() {
        return coldReads;
    }

    AsideWork asideWork() {
        return asideWork;
    }

    AsideDecoder asideDecoder() {
        return asideDecoder;
    }

    /** The loops take turns. */
    EventLoop next() {
        return loops.get(Math.floorMod(turn.getAndIncrement(), loops.size()));
    }

    long nextConnectionId() {
        return connectionIds.incrementAndGet();
    }

    void forEach(Consumer<EventLoop> action) {
        loops.forEach(action);
    }

    private void sweepRegularly(EventLoop loop) {
        // Duration.dividedBy loads BigDecimal, which takes 20 ms of a start.
        Duration quarter = Duration.ofNanos(settings.idleTimeout().toNanos() / 4);
        Duration period = quarter.compareTo(SWEEP_PERIOD_MAX) < 0 ? quarter : SWEEP_PERIOD_MAX;
        loop.executeEvery(period, () -> sweep(loop));
    }

    private void sweep(EventLoop loop) {
        long now = loop.clock().nanos();
        boolean memoryWanted = receiveMemory.hasWaiters();
        loop.attached(Connection.class)
                .forEach(connection -> connection.checkIdle(now, memoryWanted));
        loop.buffers().trim();
    }
}
