package io.takhin.tests.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a producer sends is what a consumer gets. */
@BrokerTest
class ProduceConsumeTest {
    private final JavaClients clients;
    private final String topic = Fresh.name("records");
    private final TopicPartition partition = new TopicPartition(topic, 0);

    ProduceConsumeTest(Broker broker) {
        this.clients = new JavaClients(broker);
    }

    // S77
    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void everyCodecIsTakenAndGivenBack(String codec) throws Exception {
        clients.fill(topic, 500, "compression.type", codec, "linger.ms", "20");

        List<ConsumerRecord<String, String>> read = clients.readAll(partition, 500);

        assertThat(read).extracting(ConsumerRecord::value).isEqualTo(values(500));
        assertThat(read).last().extracting(ConsumerRecord::offset).isEqualTo(499L);
    }

    // S60, S73
    @Test
    void keysHeadersAndTimestampsAreKept() throws Exception {
        clients.createTopic(topic, 1, "retention.ms", "-1");
        ProducerRecord<String, String> sent =
                new ProducerRecord<>(
                        topic,
                        0,
                        1_700_000_000_123L,
                        "key",
                        "value",
                        List.of(
                                new RecordHeader("trace", new byte[] {0, 1, (byte) 255}),
                                new RecordHeader("trace", "twice".getBytes(StandardCharsets.UTF_8)),
                                new RecordHeader("none", null)));

        try (Producer<String, String> producer = clients.producer()) {
            JavaClients.send(producer, sent);
        }

        ConsumerRecord<String, String> read = clients.readAll(partition, 1).getFirst();
        assertThat(read.key()).isEqualTo("key");
        assertThat(read.value()).isEqualTo("value");
        assertThat(read.timestamp()).isEqualTo(1_700_000_000_123L);
        assertThat(read.timestampType()).isEqualTo(TimestampType.CREATE_TIME);
        assertThat(read.headers().toArray()).isEqualTo(sent.headers().toArray());
    }

    @Test
    void aTombstoneIsARecordWithoutAValue() throws Exception {
        try (Producer<String, String> producer = clients.producer()) {
            JavaClients.send(producer, new ProducerRecord<>(topic, 0, "gone", null));
        }

        ConsumerRecord<String, String> read = clients.readAll(partition, 1).getFirst();

        assertThat(read.key()).isEqualTo("gone");
        assertThat(read.value()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "all"})
    void everyKindOfAcknowledgementKeepsTheOrder(String acks) throws Exception {
        clients.fill(topic, 200, "acks", acks, "enable.idempotence", "false");

        List<ConsumerRecord<String, String>> read = clients.readAll(partition, 200);

        assertThat(read).extracting(ConsumerRecord::value).isEqualTo(values(200));
    }

    // S78
    @Test
    void anIdempotentProducerGetsConsecutiveOffsets() throws Exception {
        try (Producer<String, String> producer = clients.producer("enable.idempotence", "true")) {
            for (int i = 0; i < 20; i++) {
                RecordMetadata sent =
                        JavaClients.send(producer, new ProducerRecord<>(topic, 0, null, "v" + i));
                assertThat(sent.offset()).isEqualTo(i);
            }
        }
    }

    // S69
    @Test
    void aRecordLargerThanOneMegabyteIsRefused() {
        try (Producer<String, String> producer = clients.producer("max.request.size", "20000000")) {
            ProducerRecord<String, String> large =
                    new ProducerRecord<>(topic, "x".repeat(1_200_000));

            assertThatThrownBy(() -> JavaClients.send(producer, large))
                    .isInstanceOf(RecordTooLargeException.class);
        }
    }

    // S69
    @Test
    void aTopicMayAllowTenMegabytes() throws Exception {
        clients.createTopic(topic, 1, "max.message.bytes", "10485760");
        String value = "x".repeat(10_000_000);

        try (Producer<String, String> producer =
                clients.producer("max.request.size", "20000000", "buffer.memory", "40000000")) {
            JavaClients.send(producer, new ProducerRecord<>(topic, 0, null, value));
        }

        assertThat(clients.readAll(partition, 1))
                .first()
                .extracting(ConsumerRecord::value)
                .isEqualTo(value);
    }

    // S72
    @ParameterizedTest
    @ValueSource(strings = {"with space", "sla/sh", "ümlaut", "."})
    void anIllegalTopicNameIsRefusedToAProducer(String name) {
        try (Producer<String, String> producer = clients.producer("max.block.ms", "10000")) {
            assertThatThrownBy(() -> JavaClients.send(producer, new ProducerRecord<>(name, "v")))
                    .isInstanceOf(InvalidTopicException.class);
        }
    }

    @Test
    void nobodyButTheBrokerWritesToAnInternalTopic() throws Exception {
        clients.createTopic(topic, 1);
        try (Consumer<String, String> member = clients.consumer("group.id", topic)) {
            member.assign(List.of(partition));
            member.commitSync(Map.of(partition, new OffsetAndMetadata(0)));
        }

        try (Producer<String, String> producer = clients.producer()) {
            ProducerRecord<String, String> stray =
                    new ProducerRecord<>("__consumer_offsets", 0, "key", "v");
            assertThatThrownBy(() -> JavaClients.send(producer, stray))
                    .isInstanceOf(InvalidTopicException.class);
        }
    }

    @Test
    void aTopicMayPutTheBrokersTimeOnItsRecords() throws Exception {
        clients.createTopic(topic, 1, "message.timestamp.type", "LogAppendTime");

        try (Producer<String, String> producer = clients.producer()) {
            JavaClients.send(producer, new ProducerRecord<>(topic, 0, 1_000L, null, "v"));
        }

        ConsumerRecord<String, String> read = clients.readAll(partition, 1).getFirst();
        assertThat(read.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(read.timestamp()).isGreaterThan(1_700_000_000_000L);
    }

    @Test
    void aTopicMayRefuseTimestampsFromTheFuture() throws Exception {
        clients.createTopic(topic, 1, "message.timestamp.after.max.ms", "1000");
        long future = Long.MAX_VALUE / 2;

        try (Producer<String, String> producer = clients.producer()) {
            ProducerRecord<String, String> early =
                    new ProducerRecord<>(topic, 0, future, null, "v");

            assertThatThrownBy(() -> JavaClients.send(producer, early))
                    .isInstanceOf(InvalidTimestampException.class);
        }
    }

    @Test
    void aTopicMayRefuseTimestampsFromThePast() throws Exception {
        clients.createTopic(topic, 1, "message.timestamp.before.max.ms", "3600000");
        long yesterday = System.currentTimeMillis() - Duration.ofDays(1).toMillis();

        try (Producer<String, String> producer = clients.producer()) {
            ProducerRecord<String, String> late =
                    new ProducerRecord<>(topic, 0, yesterday, null, "v");

            assertThatThrownBy(() -> JavaClients.send(producer, late))
                    .isInstanceOf(InvalidTimestampException.class);
        }
    }

    @Test
    void aTopicMayChooseTheCodecItself() throws Exception {
        clients.createTopic(topic, 1, "compression.type", "zstd");
        clients.fill(topic, 100, "compression.type", "gzip");

        List<ConsumerRecord<String, String>> read = clients.readAll(partition, 100);

        assertThat(read).extracting(ConsumerRecord::value).isEqualTo(values(100));
    }

    @Test
    void manyPartitionsAreWrittenAndReadAtOnce() throws Exception {
        clients.createTopic(topic, 20);
        try (Producer<String, String> producer = clients.producer("linger.ms", "10")) {
            for (int i = 0; i < 2_000; i++) {
                var _ = producer.send(new ProducerRecord<>(topic, i % 20, null, "v" + i));
            }
        }

        try (var consumer = clients.consumer()) {
            List<TopicPartition> all =
                    IntStream.range(0, 20).mapToObj(i -> new TopicPartition(topic, i)).toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);

            List<ConsumerRecord<String, String>> read = JavaClients.poll(consumer, 2_000);

            assertThat(read)
                    .extracting(ConsumerRecord::value)
                    .doesNotHaveDuplicates()
                    .hasSize(2_000);
        }
    }

    private static List<String> values(int count) {
        return IntStream.range(0, count).mapToObj(i -> "value-" + i).toList();
    }
}
