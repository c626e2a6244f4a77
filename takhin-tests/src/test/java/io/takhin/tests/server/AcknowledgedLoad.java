package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Sends numbered records as fast as they are acknowledged, and remembers which were.
 *
 * <p>Threads: {@link #run} has its own; answers come on the producer's; the test's reads.
 */
final class AcknowledgedLoad {
    private static final int UNANSWERED_MAX = 500;

    private final String topic;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Semaphore unanswered = new Semaphore(UNANSWERED_MAX);
    private final AtomicInteger failures = new AtomicInteger();
    private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();
    private volatile CountDownLatch wanted = new CountDownLatch(0);

    AcknowledgedLoad(String topic) {
        this.topic = topic;
    }

    void run(Producer<String, String> producer) {
        for (int i = 0; !stopped.get(); i++) {
            String value = "%08d".formatted(i);
            unanswered.acquireUninterruptibly();
            var _ =
                    producer.send(
                            new ProducerRecord<>(topic, 0, null, value),
                            (metadata, failure) -> answered(value, metadata.offset(), failure));
        }
        producer.flush();
    }

    private void answered(String value, long offset, Exception failure) {
        unanswered.release();
        if (failure == null) {
            acknowledged.put(value, offset);
            wanted.countDown();
        } else {
            failures.incrementAndGet();
        }
    }

    void awaitAcknowledged(int more) throws InterruptedException {
        CountDownLatch latch = new CountDownLatch(more);
        wanted = latch;
        assertThat(latch.await(40, TimeUnit.SECONDS)).as("acknowledged in time").isTrue();
    }

    void stop() {
        stopped.set(true);
    }

    int failures() {
        return failures.get();
    }

    /** The values so far. */
    Set<String> acknowledged() {
        return Set.copyOf(acknowledged.keySet());
    }
}
