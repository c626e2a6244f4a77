package io.takhin.tests.migration;

import static org.awaitility.Awaitility.await;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.JavaClients;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** What a cluster in use has in its data directory: a bit of everything. */
final class Contents {
    static final String CODECS = "codecs";
    static final String COMPACTED = "compacted";
    static final String TRIMMED = "trimmed";
    static final String TRANSACTIONAL = "transactional";
    static final String CLASSIC_GROUP = "classic-group";
    static final String CONSUMER_GROUP = "consumer-group";
    static final String SHARE_GROUP = "share-group";

    /** How a partition of a lone broker is to look, whatever end the broker had before. */
    static final String LED = "leader [1], in sync [1], eligible [], last known []";

    /** The time of a record that is neither the first nor the last. */
    static final long MIDDLE = 1_700_000_000_000L + 250_000;

    static final List<String> ALL_CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

    private static final long FIRST = 1_700_000_000_000L;
    private static final int RECORDS = 500;
    private static final int LARGE_RECORDS = 2_500;

    private final JavaClients clients;

    Contents(Broker broker) {
        this.clients = new JavaClients(broker);
    }

    /** What any broker can take. */
    void write() throws Exception {
        clients.createTopic(CODECS, ALL_CODECS.size(), "retention.ms", "-1");
        for (int i = 0; i < ALL_CODECS.size(); i++) {
            fillWithHeaders(i, ALL_CODECS.get(i));
        }
        fillManySegments();
        trim();
        settings();
        commit(CLASSIC_GROUP, 7, "group.protocol", "classic");
        commit(CONSUMER_GROUP, 11, "group.protocol", "consumer");
    }

    private void fillWithHeaders(int partition, String codec) throws InterruptedException {
        try (Producer<String, String> producer =
                clients.producer("compression.type", codec, "linger.ms", "5")) {
            for (int i = 0; i < RECORDS; i++) {
                ProducerRecord<String, String> record =
                        new ProducerRecord<>(
                                CODECS, partition, FIRST + i * 1_000L, "key-" + i, "value-" + i);
                record.headers().add("h" + i % 3, ("header " + i).getBytes(StandardCharsets.UTF_8));
                var _ = producer.send(record);
            }
            producer.flush();
        }
    }

    /** Enough for three segments with several index entries each. */
    private void fillManySegments() throws Exception {
        clients.createTopic("large", 1, "segment.bytes", "1048576", "retention.ms", "-1");
        Random random = new Random(7);
        byte[] value = new byte[1_000];
        try (Producer<byte[], byte[]> producer = clients.bytesProducer()) {
            for (int i = 0; i < LARGE_RECORDS; i++) {
                random.nextBytes(value);
                var _ =
                        producer.send(
                                new ProducerRecord<>(
                                        "large", 0, FIRST + i * 1_000L, null, value.clone()));
            }
            producer.flush();
        }
    }

    private void trim() throws Exception {
        clients.createTopic(TRIMMED, 1);
        try (Producer<String, String> producer = clients.producer()) {
            // One a batch: Kafka warns at its start when a log begins inside one.
            for (int i = 0; i < 20; i++) {
                JavaClients.send(producer, new ProducerRecord<>(TRIMMED, 0, null, "value-" + i));
            }
        }
        TopicPartition partition = new TopicPartition(TRIMMED, 0);
        try (Admin admin = clients.admin()) {
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(5))).all().get();
        }
    }

    /** Until then a kill gives deleted records back, as the time between two checkpoints allows. */
    static void awaitTrimmed(Path dataDirectory) {
        Path file = dataDirectory.resolve("log-start-offset-checkpoint");
        await("log start")
                .atMost(Duration.ofSeconds(30))
                .until(() ->
                        Files.exists(file) && Files.readString(file).contains(TRIMMED + " 0 5"));
    }

    private void settings() throws ExecutionException, InterruptedException {
        set(ConfigResource.Type.TOPIC, CODECS, "max.message.bytes", "2000000");
        set(ConfigResource.Type.BROKER, "", "message.max.bytes", "3000000");
        set(ConfigResource.Type.BROKER, "1", "log.segment.bytes", "500000000");
        set(ConfigResource.Type.GROUP, CONSUMER_GROUP, "consumer.session.timeout.ms", "46000");
    }

    void set(ConfigResource.Type type, String resource, String name, String value)
            throws ExecutionException, InterruptedException {
        AlterConfigOp set =
                new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
        try (Admin admin = clients.admin()) {
            admin.incrementalAlterConfigs(Map.of(new ConfigResource(type, resource), List.of(set)))
                    .all()
                    .get();
        }
    }

    private void commit(String group, long offset, String... protocol) {
        String[] settings = {"group.id", group, protocol[0], protocol[1]};
        try (Consumer<String, String> consumer = clients.consumer(settings)) {
            consumer.subscribe(List.of(CODECS));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> {
                        consumer.poll(Duration.ofMillis(50));
                        return consumer.assignment().size() == ALL_CODECS.size();
                    });
            consumer.commitSync(
                    Map.of(
                            new TopicPartition(CODECS, 0),
                            new OffsetAndMetadata(offset, "by " + group)));
        }
    }
}
