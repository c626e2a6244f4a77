package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Threads;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 in the middle of the work: what was acknowledged is there, and nothing is there twice.
 */
@TakhinOnly
class CrashTest {
    private static final int KILLS = 3;
    private static final int ACKNOWLEDGED_BETWEEN_KILLS = 3_000;

    @TempDir private Path home;

    // S78, S80
    @Test
    @Timeout(120)
    void nothingAcknowledgedIsLostAndNothingIsThereTwice() throws Exception {
        TakhinProcess process = TakhinSetup.in(home).start();
        JavaClients clients = new JavaClients(process);
        String topic = Fresh.name("crashed");
        clients.createTopic(topic, 1);
        Load load = new Load(topic);

        try (Producer<String, String> producer =
                clients.producer("acks", "all", "linger.ms", "2")) {
            Thread sender = Threads.start("load", () -> load.run(producer));
            for (int i = 0; i < KILLS; i++) {
                load.awaitAcknowledged(ACKNOWLEDGED_BETWEEN_KILLS);
                process.kill();
                process = process.restart();
            }
            load.awaitAcknowledged(ACKNOWLEDGED_BETWEEN_KILLS);
            load.stop();
            sender.join(TimeUnit.SECONDS.toMillis(30));
        }

        try (TakhinProcess _ = process) {
            List<String> values = readToEnd(clients, new TopicPartition(topic, 0));
            assertThat(load.failures()).as("sends that failed in spite of retries").isZero();
            assertThat(values).doesNotHaveDuplicates().isSorted();
            assertThat(values).containsAll(load.acknowledged());
        }
    }

    private static List<String> readToEnd(JavaClients clients, TopicPartition partition) {
        long end;
        try (var consumer = clients.consumer()) {
            end = consumer.endOffsets(List.of(partition)).get(partition);
        }
        return clients.readAll(partition, (int) end).stream().map(ConsumerRecord::value).toList();
    }

    /**
     * Sends numbered records as fast as they are acknowledged, and remembers which were.
     *
     * <p>Threads: {@link #run} has its own; answers come on the producer's; the test's reads.
     */
    private static final class Load {
        private static final int UNANSWERED_MAX = 500;

        private final String topic;
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final Semaphore unanswered = new Semaphore(UNANSWERED_MAX);
        private final AtomicInteger failures = new AtomicInteger();
        private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();
        private volatile CountDownLatch wanted = new CountDownLatch(0);

        Load(String topic) {
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

        Iterable<String> acknowledged() {
            return acknowledged.keySet();
        }
    }
}
