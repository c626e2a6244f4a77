package io.takhin.tests.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where consumers may read from, and how much they get at a time. */
@BrokerTest
class FetchTest {
    private static final long FIRST_TIMESTAMP = 1_600_000_000_000L;

    private final JavaClients clients;
    private final String topic = Fresh.name("fetched");
    private final TopicPartition partition = new TopicPartition(topic, 0);

    FetchTest(Broker broker) {
        this.clients = new JavaClients(broker);
    }

    @BeforeEach
    void tenRecordsASecondApart() throws Exception {
        clients.createTopic(topic, 1, "retention.ms", "-1");
        try (Producer<String, String> producer = clients.producer()) {
            for (int i = 0; i < 10; i++) {
                long timestamp = FIRST_TIMESTAMP + i * 1_000L;
                JavaClients.send(
                        producer, new ProducerRecord<>(topic, 0, timestamp, null, "value-" + i));
            }
        }
    }

    @Test
    void seeksToAnyOffset() {
        try (Consumer<String, String> consumer = assigned()) {
            consumer.seek(partition, 7);

            assertThat(JavaClients.poll(consumer, 3))
                    .extracting(ConsumerRecord::value)
                    .containsExactly("value-7", "value-8", "value-9");
        }
    }

    @Test
    void findsOffsetsByTime() {
        try (Consumer<String, String> consumer = assigned()) {
            assertThat(offsetAt(consumer, FIRST_TIMESTAMP + 4_500)).isEqualTo(5);
            assertThat(offsetAt(consumer, 0)).isZero();
            assertThat(consumer.offsetsForTimes(Map.of(partition, FIRST_TIMESTAMP + 10_000)))
                    .containsEntry(partition, null);
        }
    }

    @Test
    void knowsBeginningAndEnd() {
        try (Consumer<String, String> consumer = assigned()) {
            assertThat(consumer.beginningOffsets(List.of(partition))).containsEntry(partition, 0L);
            assertThat(consumer.endOffsets(List.of(partition))).containsEntry(partition, 10L);
        }
    }

    @Test
    void anOffsetPastTheEndIsOutOfRange() {
        try (Consumer<String, String> consumer = assigned("auto.offset.reset", "none")) {
            consumer.seek(partition, 1_000);

            assertThatThrownBy(() -> JavaClients.poll(consumer, 1))
                    .isInstanceOf(OffsetOutOfRangeException.class);
        }
    }

    @Test
    void aConsumerAtTheLatestSeesOnlyWhatComesAfter() throws Exception {
        try (Consumer<String, String> consumer = assigned()) {
            consumer.seekToEnd(List.of(partition));
            assertThat(consumer.position(partition)).isEqualTo(10);

            clients.fill(topic, 1);

            assertThat(JavaClients.poll(consumer, 1))
                    .extracting(ConsumerRecord::offset)
                    .containsExactly(10L);
        }
    }

    // S66
    @Test
    void waitsForTheBytesAskedFor() {
        try (Consumer<String, String> consumer =
                assigned("fetch.min.bytes", "10000", "fetch.max.wait.ms", "3000")) {
            consumer.seek(partition, 5);
            long begin = System.nanoTime();

            List<ConsumerRecord<String, String>> read = JavaClients.poll(consumer, 1);

            assertThat(read).hasSize(5);
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isGreaterThan(Duration.ofMillis(2_500));
        }
    }

    // S66
    @Test
    void answersAtOnceWhenTheBytesCome() throws Exception {
        try (Consumer<String, String> consumer =
                assigned("fetch.min.bytes", "1", "fetch.max.wait.ms", "8000")) {
            consumer.seekToEnd(List.of(partition));
            consumer.poll(Duration.ofMillis(200)); // a fetch now waits in the broker
            long begin = System.nanoTime();

            clients.fill(topic, 1);

            assertThat(JavaClients.poll(consumer, 1)).hasSize(1);
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isLessThan(Duration.ofSeconds(5));
        }
    }

    // S66
    @Test
    void oneFetchBringsNoMoreThanTheMostAskedFor() throws Exception {
        String large = Fresh.name("large");
        try (Producer<String, String> producer = clients.producer("batch.size", "0")) {
            for (int i = 0; i < 50; i++) {
                JavaClients.send(producer, new ProducerRecord<>(large, 0, null, "x".repeat(1_000)));
            }
        }

        try (Consumer<String, String> consumer =
                clients.consumer("max.partition.fetch.bytes", "5000", "fetch.max.bytes", "5000")) {
            TopicPartition from = new TopicPartition(large, 0);
            consumer.assign(List.of(from));
            consumer.seekToBeginning(List.of(from));

            ConsumerRecords<String, String> first = firstRecords(consumer);

            assertThat(first.count()).isBetween(1, 5);
            assertThat(JavaClients.poll(consumer, 50 - first.count())).hasSize(50 - first.count());
        }
    }

    @Test
    void aRecordLargerThanTheMostAskedForStillComes() throws Exception {
        String large = Fresh.name("large");
        try (Producer<String, String> producer = clients.producer()) {
            JavaClients.send(producer, new ProducerRecord<>(large, 0, null, "x".repeat(100_000)));
        }

        List<ConsumerRecord<String, String>> read =
                clients.readAll(
                        new TopicPartition(large, 0),
                        1,
                        "max.partition.fetch.bytes",
                        "1000",
                        "fetch.max.bytes",
                        "1000");

        assertThat(read).hasSize(1);
    }

    private static ConsumerRecords<String, String> firstRecords(Consumer<String, String> consumer) {
        ConsumerRecords<String, String> records = consumer.poll(Duration.ofSeconds(10));
        assertThat(records.isEmpty()).isFalse();
        return records;
    }

    private long offsetAt(Consumer<String, String> consumer, long timestamp) {
        OffsetAndTimestamp found =
                consumer.offsetsForTimes(Map.of(partition, timestamp)).get(partition);
        assertThat(found).isNotNull();
        return found.offset();
    }

    private Consumer<String, String> assigned(String... settings) {
        Consumer<String, String> consumer = clients.consumer(settings);
        consumer.assign(List.of(partition));
        return consumer;
    }
}
