package io.takhin.network;

import io.takhin.base.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class EventLoopTest {
    @Test
    void whatIsRepeatedGoesOnAfterItFailedOnce() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        try (EventLoop loop = new EventLoop("repeating", Clock.SYSTEM)) {
            loop.executeEvery(
                    Duration.ofMillis(1),
                    () -> {
                        if (runs.incrementAndGet() == 1) {
                            throw new IllegalStateException("once, for the test");
                        }
                    });

            loop.start();

            TestServer.await(() -> runs.get() > 1);
        }
    }

    @Test
    void tasksThatKeepComingLeaveRoomForDeadlines() throws Exception {
        AtomicBoolean due = new AtomicBoolean();
        try (EventLoop loop = new EventLoop("posting", Clock.SYSTEM)) {
            Runnable again =
                    new Runnable() {
                        @Override
                        public void run() {
                            if (!due.get()) {
                                loop.execute(this);
                            }
                        }
                    };
            loop.executeAfter(Duration.ofMillis(1), () -> due.set(true));
            loop.execute(again);

            loop.start();

            TestServer.await(due::get);
        }
    }
}
