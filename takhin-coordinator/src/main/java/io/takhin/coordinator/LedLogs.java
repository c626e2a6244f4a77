package io.takhin.coordinator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The logs of the partitions this broker leads; one object for each leadership, so that whoever
 * holds one can tell whether its leadership has ended.
 *
 * <p>Threads: any. What is told to Kafka's runtime about a leadership is told under one lock with
 * the change itself: the runtime takes news of a partition for news of its present leadership.
 */
final class LedLogs {
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<TopicPartition, CoordinatorLog> led = new HashMap<>();

    @Nullable CoordinatorLog get(TopicPartition partition) {
        lock.lock();
        try {
            return led.get(partition);
        } finally {
            lock.unlock();
        }
    }

    void begin(TopicPartition partition, CoordinatorLog log, Runnable tell) {
        lock.lock();
        try {
            led.put(partition, log);
            tell.run();
        } finally {
            lock.unlock();
        }
    }

    void end(TopicPartition partition, Runnable tell) {
        lock.lock();
        try {
            led.remove(partition);
            tell.run();
        } finally {
            lock.unlock();
        }
    }

    /** Tells nothing when the leadership that the log stands for has ended. */
    void ifLed(TopicPartition partition, CoordinatorLog log, Runnable tell) {
        lock.lock();
        try {
            if (log.equals(led.get(partition))) {
                tell.run();
            }
        } finally {
            lock.unlock();
        }
    }
}
