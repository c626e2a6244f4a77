package io.takhin.broker.packaging;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What a broker is trained with: the first minutes of a usual life. */
final class TrainingClients {
    private static final String TOPIC = "training";
    private static final int RECORDS = 20_000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private TrainingClients() {}

    static void use(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            administrate(admin);
        }
        for (String codec : List.of("none", "lz4")) {
            produce(bootstrap, codec);
        }
        consume(bootstrap, "classic");
        consume(bootstrap, "consumer");
    }

    private static void administrate(Admin admin) throws Exception {
        NewTopic topic = new NewTopic(TOPIC, 3, (short) 1);
        await(admin.createTopics(List.of(topic)).all());
        await(admin.describeCluster().nodes());
        await(admin.listTopics().names());
        await(admin.describeTopics(List.of(TOPIC)).allTopicNames());
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
        await(admin.describeConfigs(List.of(resource)).all());
    }

    private static void await(KafkaFuture<?> answer) throws Exception {
        answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static void produce(String bootstrap, String codec) throws Exception {
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers",
                        bootstrap,
                        "acks",
                        "all",
                        "linger.ms",
                        "0",
                        "compression.type",
                        codec);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < RECORDS; i++) {
                var sent = producer.send(new ProducerRecord<>(TOPIC, "key" + i, "value" + i));
                if (i % 100 == 0) {
                    sent.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                }
            }
            producer.flush();
        }
    }

    private static void consume(String bootstrap, String protocol) {
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers",
                        bootstrap,
                        "group.id",
                        "training-" + protocol,
                        "group.protocol",
                        protocol,
                        "auto.offset.reset",
                        "earliest");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            int seen = 0;
            while (seen < RECORDS && System.nanoTime() < deadline) {
                seen += consumer.poll(Duration.ofMillis(200)).count();
            }
            consumer.commitSync(PATIENCE);
        }
    }
}
