package io.takhin.coordinator;

import io.takhin.testkit.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.apache.kafka.server.util.timer.Timer;
import org.apache.kafka.server.util.timer.TimerTask;
import org.apache.kafka.server.util.timer.TimerTaskEntry;

/** Runs what is due when a test moves its clock, on the thread of the test. */
final class ManualTimer implements Timer {
    private final ManualClock clock;
    private final PriorityQueue<TimerTaskEntry> tasks =
            new PriorityQueue<>(Comparator.comparingLong(entry -> entry.expirationMs));

    ManualTimer(ManualClock clock) {
        this.clock = clock;
    }

    @Override
    public synchronized void add(TimerTask task) {
        tasks.add(new TimerTaskEntry(task, clock.wallMillis() + task.delayMs));
    }

    /** Moves the clock, too. */
    void advance(Duration by) {
        clock.advance(by);
        due().forEach(TimerTask::run);
    }

    private synchronized List<TimerTask> due() {
        List<TimerTask> due = new ArrayList<>();
        TimerTaskEntry next = tasks.peek();
        while (next != null && next.expirationMs <= clock.wallMillis()) {
            tasks.remove();
            if (!next.cancelled()) {
                due.add(next.timerTask);
            }
            next = tasks.peek();
        }
        return due;
    }

    @Override
    public boolean advanceClock(long timeoutMillis) {
        throw new IllegalStateException("a test moves this clock with advance");
    }

    @Override
    public synchronized int size() {
        return tasks.size();
    }

    @Override
    public void close() {}
}
