package io.takhin.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class DeadlineQueueTest {
    private final DeadlineQueue queue = new DeadlineQueue();

    @Test
    void tasksComeInTheOrderOfTheirTimesWithoutTheCancelledOnes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Long> expected = new ArrayList<>();
        List<Long> ran = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            long due = random.nextInt(500);
            Deadline deadline = queue.add(due, () -> ran.add(due));
            if (random.nextInt(3) == 0) {
                deadline.cancel();
            } else {
                expected.add(due);
            }
        }

        for (Runnable task = queue.pollDue(500); task != null; task = queue.pollDue(500)) {
            task.run();
        }

        assertThat(ran).as("seed %d", seed).isEqualTo(expected.stream().sorted().toList());
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void nothingIsDueBeforeItsTime() {
        queue.add(10, () -> {});

        assertThat(queue.pollDue(9)).isNull();
        assertThat(queue.nextDueNanos()).isEqualTo(10);
        assertThat(queue.pollDue(10)).isNotNull();
    }
}
