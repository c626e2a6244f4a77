package io.takhin.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimersTest {
    @Test
    void aPeriodicTaskThatThrowsRunsAgain() throws InterruptedException {
        CountDownLatch runs = new CountDownLatch(3);
        try (Timers timers = new Timers("timers-under-test")) {
            var _ =
                    timers.every(
                            1,
                            () -> {
                                runs.countDown();
                                throw new IllegalStateException("this run fails");
                            });

            boolean ranAgain = runs.await(30, TimeUnit.SECONDS);

            assertThat(ranAgain).isTrue();
        }
    }
}
