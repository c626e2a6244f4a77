package io.takhin.metadata;

import io.takhin.base.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;

/** Our clock as Kafka's libraries want it. */
final class KafkaTime implements Time {
    private final Clock clock;
    private final AtomicLong skippedNanos = new AtomicLong();

    KafkaTime(Clock clock) {
        this.clock = clock;
    }

    /**
     * Moves this time forward, as if the process had been suspended: sessions of brokers that are
     * known to be dead expire at once.
     */
    void skip(Duration by) {
        skippedNanos.addAndGet(by.toNanos());
    }

    @Override
    public long milliseconds() {
        return clock.wallMillis();
    }

    @Override
    public long nanoseconds() {
        return clock.nanos() + skippedNanos.get();
    }

    @Override
    public void sleep(long ms) {
        Utils.sleep(ms);
    }

    @Override
    @SuppressWarnings("WaitNotInLoop") // a loop it is, in Kafka's own shape: the object is theirs
    public void waitObject(Object obj, Supplier<Boolean> condition, long deadlineMs)
            throws InterruptedException {
        synchronized (obj) {
            while (!condition.get()) {
                long leftMillis = deadlineMs - milliseconds();
                if (leftMillis <= 0) {
                    throw new TimeoutException("the condition did not come true in time");
                }
                obj.wait(leftMillis);
            }
        }
    }
}
