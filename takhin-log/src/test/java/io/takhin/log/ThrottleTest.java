package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ThrottleTest {
    private final ManualClock clock = new ManualClock(0);

    private static long millis(long nanos) {
        return nanos / 1_000_000;
    }

    @Test
    void whatIsUsedTooFastIsWaitedFor() {
        clock.advance(Duration.ofSeconds(10));
        Throttle throttle = new Throttle(clock, 1000);

        assertThat(millis(throttle.use(500))).isEqualTo(500);
        assertThat(millis(throttle.use(500))).isEqualTo(1000);
        clock.advance(Duration.ofMillis(700));
        assertThat(millis(throttle.use(0))).isEqualTo(300);
    }

    @Test
    void aPauseBuysNoLongBurst() {
        Throttle throttle = new Throttle(clock, 1000);
        clock.advance(Duration.ofHours(1));

        assertThat(millis(throttle.use(1000))).isEqualTo(900);
    }

    @Test
    void withoutALimitNothingIsWaitedFor() {
        assertThat(new Throttle(clock, 0).use(Long.MAX_VALUE)).isZero();
    }
}
