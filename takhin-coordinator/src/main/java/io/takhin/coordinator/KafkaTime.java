package io.takhin.coordinator;

import io.takhin.base.Clock;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;

/**
 * Takhin's clock as Kafka's classes want it. Waiting is done in real time, whatever the clock says.
 */
final class KafkaTime implements Time {
    private final Clock clock;

    KafkaTime(Clock clock) {
        this.clock = clock;
    }

    @Override
    public long milliseconds() {
        return clock.wallMillis();
    }

    @Override
    public long nanoseconds() {
        return clock.nanos();
    }

    @Override
    public void sleep(long millis) {
        Time.SYSTEM.sleep(millis);
    }

    @Override
    public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMillis)
            throws InterruptedException {
        Time.SYSTEM.waitObject(object, condition, deadlineMillis);
    }
}
