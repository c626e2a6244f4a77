package io.takhin.tests.harness;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Kafka's own Java clients, pointed at one broker. Extra settings are given as name, value, name,
 * value.
 */
public final class JavaClients {
    private static final Duration READ_WITHIN = Duration.ofSeconds(20);

    private final String bootstrap;

    public JavaClients(Broker broker) {
        this(broker.bootstrap());
    }

    public JavaClients(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    public Producer<String, String> producer(String... settings) {
        return new KafkaProducer<>(
                settings(settings), new StringSerializer(), new StringSerializer());
    }

    public Producer<byte[], byte[]> bytesProducer(String... settings) {
        return new KafkaProducer<>(
                settings(settings), new ByteArraySerializer(), new ByteArraySerializer());
    }

    public Consumer<String, String> consumer(String... settings) {
        return new KafkaConsumer<>(
                settings(settings), new StringDeserializer(), new StringDeserializer());
    }

    public Consumer<byte[], byte[]> bytesConsumer(String... settings) {
        return new KafkaConsumer<>(
                settings(settings), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    public Admin admin() {
        return Admin.create(
                settings("default.api.timeout.ms", "20000", "request.timeout.ms", "10000"));
    }

    /** Creates a topic with one replica; the settings are the topic's. */
    public void createTopic(String name, int partitions, String... settings)
            throws InterruptedException, ExecutionException {
        try (Admin admin = admin()) {
            NewTopic topic = new NewTopic(name, partitions, (short) 1).configs(pairs(settings));
            admin.createTopics(List.of(topic)).all().get();
        }
    }

    /** Sends and waits for the answer; the exception is the one the broker's error stands for. */
    public static RecordMetadata send(
            Producer<String, String> producer, ProducerRecord<String, String> sent)
            throws InterruptedException {
        try {
            return producer.send(sent).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e);
        }
    }

    /** Sends so many records to partition 0, with their number as value, and waits for the last. */
    public void fill(String topic, int count, String... settings) throws InterruptedException {
        try (Producer<String, String> producer = producer(settings)) {
            for (int i = 0; i < count - 1; i++) {
                var _ = producer.send(new ProducerRecord<>(topic, 0, null, "value-" + i));
            }
            send(producer, new ProducerRecord<>(topic, 0, null, "value-" + (count - 1)));
        }
    }

    /** Reads a partition from its beginning until so many records have come. */
    public List<ConsumerRecord<String, String>> readAll(
            TopicPartition partition, int count, String... settings) {
        try (Consumer<String, String> consumer = consumer(settings)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            return poll(consumer, count);
        }
    }

    /** Polls until so many records have come, or some seconds have passed. */
    public static <K, V> List<ConsumerRecord<K, V>> poll(Consumer<K, V> consumer, int count) {
        List<ConsumerRecord<K, V>> read = new ArrayList<>();
        long end = System.nanoTime() + READ_WITHIN.toNanos();
        while (read.size() < count && System.nanoTime() - end < 0) {
            consumer.poll(Duration.ofMillis(100)).forEach(read::add);
        }
        return read;
    }

    private Map<String, Object> settings(String... settings) {
        Map<String, Object> all = new HashMap<>(pairs(settings));
        all.putIfAbsent("bootstrap.servers", bootstrap);
        return all;
    }

    private static Map<String, String> pairs(String... settings) {
        Map<String, String> pairs = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            pairs.put(settings[i], settings[i + 1]);
        }
        return pairs;
    }
}
