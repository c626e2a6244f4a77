package io.takhin.tests.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.JavaClients;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * What only Apache Kafka can write today, and Takhin has to keep: transactions, what compaction
 * left, the state of share groups, and rules about users.
 */
final class KafkaContents {
    private static final TopicPartition COMPACTED = new TopicPartition(Contents.COMPACTED, 0);
    private static final int KEYS = 10;

    private final Broker broker;
    private final JavaClients clients;
    private final Contents contents;

    KafkaContents(Broker broker) {
        this.broker = broker;
        this.clients = new JavaClients(broker);
        this.contents = new Contents(broker);
    }

    /**
     * Writes it.
     *
     * @return the producer that has a transaction open; as long as it lives
     */
    Producer<String, String> write() throws Exception {
        compact();
        share();
        users();
        return transactions();
    }

    private Producer<String, String> transactions() throws Exception {
        clients.createTopic(Contents.TRANSACTIONAL, 1, "retention.ms", "-1");
        try (Producer<String, String> producer = transactional("ends")) {
            producer.beginTransaction();
            sendThree(producer, "committed");
            producer.commitTransaction();
            producer.beginTransaction();
            sendThree(producer, "aborted");
            producer.abortTransaction();
        }
        Producer<String, String> open = transactional("open");
        open.beginTransaction();
        sendThree(open, "undecided");
        clients.fill(Contents.TRANSACTIONAL, 3);
        return open;
    }

    private void sendThree(Producer<String, String> producer, String value)
            throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            JavaClients.send(
                    producer, new ProducerRecord<>(Contents.TRANSACTIONAL, 0, null, value + i));
        }
    }

    private Producer<String, String> transactional(String id) {
        Producer<String, String> producer =
                clients.producer("transactional.id", id, "transaction.timeout.ms", "900000");
        producer.initTransactions();
        return producer;
    }

    /** Does what a restarted application does: whatever it left open is rolled back. */
    void finishOpenTransaction() {
        transactional("open").close();
    }

    private void compact() throws Exception {
        clients.createTopic(
                Contents.COMPACTED,
                1,
                "cleanup.policy",
                "compact",
                "min.cleanable.dirty.ratio",
                "0.01",
                "segment.ms",
                "1",
                "delete.retention.ms",
                "0");
        try (Producer<String, String> producer = clients.producer()) {
            for (int round = 0; round < 3; round++) {
                for (int key = 0; key < KEYS; key++) {
                    JavaClients.send(
                            producer,
                            new ProducerRecord<>(
                                    Contents.COMPACTED, 0, "key-" + key, "round-" + round));
                }
            }
        }
        await("compaction").atMost(Duration.ofSeconds(30)).until(this::isCompacted);
    }

    private boolean isCompacted() {
        List<ConsumerRecord<String, String>> first = clients.readAll(COMPACTED, 1);
        return first.getFirst().offset() >= KEYS;
    }

    private void share() throws Exception {
        contents.set(
                ConfigResource.Type.GROUP,
                Contents.SHARE_GROUP,
                "share.auto.offset.reset",
                "earliest");
        Map<String, Object> settings =
                Map.of("bootstrap.servers", broker.bootstrap(), "group.id", Contents.SHARE_GROUP);
        try (KafkaShareConsumer<String, String> consumer =
                new KafkaShareConsumer<>(
                        settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(Contents.CODECS));
            await("shared records")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> !consumer.poll(Duration.ofMillis(200)).isEmpty());
            assertThat(consumer.commitSync()).isNotEmpty();
        }
    }

    private void users() throws ExecutionException, InterruptedException {
        try (Admin admin = clients.admin()) {
            admin.createAcls(
                            List.of(
                                    new AclBinding(
                                            new ResourcePattern(
                                                    ResourceType.TOPIC,
                                                    Contents.CODECS,
                                                    PatternType.LITERAL),
                                            new AccessControlEntry(
                                                    "User:alice",
                                                    "*",
                                                    AclOperation.READ,
                                                    AclPermissionType.ALLOW))))
                    .all()
                    .get();
            admin.alterClientQuotas(
                            List.of(
                                    new ClientQuotaAlteration(
                                            new ClientQuotaEntity(
                                                    Map.of(ClientQuotaEntity.USER, "alice")),
                                            List.of(
                                                    new ClientQuotaAlteration.Op(
                                                            "producer_byte_rate", 1e6)))))
                    .all()
                    .get();
            admin.alterUserScramCredentials(
                            List.of(
                                    new UserScramCredentialUpsertion(
                                            "alice",
                                            new ScramCredentialInfo(
                                                    ScramMechanism.SCRAM_SHA_256, 8192),
                                            "secret")))
                    .all()
                    .get();
        }
    }

    /** What Takhin cannot be asked for yet, and has to keep. */
    SortedMap<String, String> users(Broker asked) throws ExecutionException, InterruptedException {
        SortedMap<String, String> found = new TreeMap<>();
        try (Admin admin = new JavaClients(asked).admin()) {
            found.put("acls", admin.describeAcls(AclBindingFilter.ANY).values().get() + "");
            found.put(
                    "quotas",
                    admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get() + "");
            found.put("users", admin.describeUserScramCredentials().all().get() + "");
            found.put(
                    "features",
                    admin.describeFeatures().featureMetadata().get().finalizedFeatures() + "");
        }
        return found;
    }
}
