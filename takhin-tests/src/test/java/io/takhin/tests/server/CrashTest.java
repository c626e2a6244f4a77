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
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
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
        AcknowledgedLoad load = new AcknowledgedLoad(topic);

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
}
