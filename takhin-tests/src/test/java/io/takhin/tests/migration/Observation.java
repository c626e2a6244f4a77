package io.takhin.tests.migration;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.JavaClients;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Everything a client can learn from a broker about its data, as facts that have a name. Two
 * brokers on the same data must agree on all of them.
 */
record Observation(SortedMap<String, String> facts) {
    private static final Duration READ_WITHIN = Duration.ofSeconds(30);

    /** Looks at all topics (internal ones too), groups and settings. */
    static Observation of(Broker broker) throws ExecutionException, InterruptedException {
        JavaClients clients = new JavaClients(broker);
        SortedMap<String, String> facts = new TreeMap<>();
        try (Admin admin = clients.admin()) {
            Map<String, TopicDescription> topics = topics(admin);
            topics.forEach((name, topic) -> facts.put("topic " + name, describe(topic)));
            topics.values().forEach(topic -> replicas(topic, facts));
            List<TopicPartition> partitions = partitions(topics.values());
            offsets(admin, partitions, facts);
            settings(admin, topics.keySet(), facts);
            groups(admin, facts);
            records(clients, partitions, "read_uncommitted", facts);
            records(clients, partitions, "read_committed", facts);
        }
        return new Observation(facts);
    }

    /** Facts that are missing in the other observation, or different there. */
    List<String> lostIn(Observation other) {
        return facts.entrySet().stream()
                .filter(fact -> !fact.getValue().equals(other.facts.get(fact.getKey())))
                .map(fact ->
                        "%s was %s and is %s"
                                .formatted(
                                        fact.getKey(),
                                        fact.getValue(),
                                        other.facts.get(fact.getKey())))
                .toList();
    }

    /** The facts whose names begin so. */
    Observation only(String... beginnings) {
        SortedMap<String, String> some = new TreeMap<>(facts);
        some.keySet().removeIf(name -> Arrays.stream(beginnings).noneMatch(name::startsWith));
        return new Observation(some);
    }

    /** Without what changes as soon as somebody writes. */
    Observation withoutEnds() {
        SortedMap<String, String> some = new TreeMap<>(facts);
        some.keySet().removeIf(name -> name.startsWith("end ") || name.startsWith("latest "));
        return new Observation(some);
    }

    String get(String fact) {
        return facts.getOrDefault(fact, "missing");
    }

    private static Map<String, TopicDescription> topics(Admin admin)
            throws ExecutionException, InterruptedException {
        var names = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
        return admin.describeTopics(names).allTopicNames().get();
    }

    private static String describe(TopicDescription topic) {
        return "id %s, %d partitions, internal %s"
                .formatted(topic.topicId(), topic.partitions().size(), topic.isInternal());
    }

    /** Who leads, who is in sync, and who would be trusted to lead (KIP-966). */
    private static void replicas(TopicDescription topic, Map<String, String> facts) {
        topic.partitions()
                .forEach(one ->
                        facts.put(
                                "replicas %s-%d".formatted(topic.name(), one.partition()),
                                "leader %s, in sync %s, eligible %s, last known %s"
                                        .formatted(
                                                ids(List.of(one.leader())),
                                                ids(one.isr()),
                                                ids(one.elr()),
                                                ids(one.lastKnownElr()))));
    }

    private static List<Integer> ids(@Nullable List<Node> nodes) {
        return nodes == null ? List.of() : nodes.stream().map(Node::id).toList();
    }

    private static List<TopicPartition> partitions(Collection<TopicDescription> topics) {
        return topics.stream()
                .flatMap(topic ->
                        topic.partitions().stream()
                                .map(one -> new TopicPartition(topic.name(), one.partition())))
                .toList();
    }

    private static void offsets(
            Admin admin, List<TopicPartition> partitions, Map<String, String> facts)
            throws ExecutionException, InterruptedException {
        ask(admin, partitions, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED)
                .forEach((partition, offset) -> facts.put("start " + partition, offset));
        ask(admin, partitions, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED)
                .forEach((partition, offset) -> facts.put("end " + partition, offset));
        ask(admin, partitions, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED)
                .forEach((partition, offset) -> facts.put("end stable " + partition, offset));
        ask(admin, partitions, OffsetSpec.maxTimestamp(), IsolationLevel.READ_UNCOMMITTED)
                .forEach((partition, offset) -> facts.put("latest " + partition, offset));
        ask(
                        admin,
                        partitions,
                        OffsetSpec.forTimestamp(Contents.MIDDLE),
                        IsolationLevel.READ_UNCOMMITTED)
                .forEach((partition, offset) -> facts.put("middle " + partition, offset));
    }

    private static Map<TopicPartition, String> ask(
            Admin admin, List<TopicPartition> partitions, OffsetSpec spec, IsolationLevel level)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> wanted =
                partitions.stream().collect(Collectors.toMap(one -> one, _ -> spec));
        Map<TopicPartition, String> answers = new HashMap<>();
        admin.listOffsets(wanted, new ListOffsetsOptions(level))
                .all()
                .get()
                .forEach((partition, found) -> answers.put(partition, found.offset() + ""));
        return answers;
    }

    private static void settings(Admin admin, Collection<String> topics, Map<String, String> facts)
            throws ExecutionException, InterruptedException {
        List<ConfigResource> resources =
                new ArrayList<>(
                        topics.stream()
                                .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                                .toList());
        resources.add(new ConfigResource(ConfigResource.Type.BROKER, ""));
        resources.add(new ConfigResource(ConfigResource.Type.BROKER, "1"));
        resources.add(new ConfigResource(ConfigResource.Type.GROUP, Contents.CONSUMER_GROUP));
        Map<ConfigResource, Config> found = admin.describeConfigs(resources).all().get();
        found.forEach((resource, config) ->
                config.entries().stream()
                        .filter(Observation::isSet)
                        .forEach(entry ->
                                facts.put(
                                        "setting %s %s %s"
                                                .formatted(
                                                        resource.type(),
                                                        resource.name(),
                                                        entry.name()),
                                        entry.value())));
    }

    /** Set while the cluster ran, not by a broker's own file. */
    private static boolean isSet(ConfigEntry entry) {
        ConfigSource source = entry.source();
        return source != ConfigSource.DEFAULT_CONFIG && source != ConfigSource.STATIC_BROKER_CONFIG;
    }

    private static void groups(Admin admin, Map<String, String> facts)
            throws ExecutionException, InterruptedException {
        for (GroupListing group : admin.listGroups().all().get()) {
            facts.put("group " + group.groupId(), group.type().orElseThrow() + "");
        }
        for (String group : List.of(Contents.CLASSIC_GROUP, Contents.CONSUMER_GROUP)) {
            admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get()
                    .forEach((partition, offset) ->
                            facts.put(
                                    "committed %s %s".formatted(group, partition),
                                    "%d, epoch %s, \"%s\""
                                            .formatted(
                                                    offset.offset(),
                                                    offset.leaderEpoch(),
                                                    offset.metadata())));
        }
    }

    private static void records(
            JavaClients clients,
            List<TopicPartition> partitions,
            String isolation,
            Map<String, String> facts) {
        try (Consumer<byte[], byte[]> consumer =
                clients.bytesConsumer(
                        "isolation.level",
                        isolation,
                        "exclude.internal.topics",
                        "false",
                        "max.poll.records",
                        "5000")) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            long deadline = System.nanoTime() + READ_WITHIN.toNanos();
            while (isBefore(consumer, ends)) {
                if (System.nanoTime() - deadline > 0) {
                    throw new AssertionError("not read to the end: " + ends);
                }
                consumer.poll(Duration.ofMillis(50))
                        .forEach(record -> facts.put(name(isolation, record), describe(record)));
            }
        }
    }

    private static boolean isBefore(
            Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .anyMatch(end -> consumer.position(end.getKey()) < end.getValue());
    }

    private static String name(String isolation, ConsumerRecord<byte[], byte[]> record) {
        return "%s %s-%d@%06d"
                .formatted(isolation, record.topic(), record.partition(), record.offset());
    }

    private static String describe(ConsumerRecord<byte[], byte[]> record) {
        String headers =
                StreamSupport.stream(record.headers().spliterator(), false)
                        .map(Observation::describe)
                        .collect(Collectors.joining(","));
        return "epoch %d, %s %d, %s = %s {%s}"
                .formatted(
                        record.leaderEpoch().orElse(-1),
                        record.timestampType(),
                        record.timestamp(),
                        describe(record.key()),
                        describe(record.value()),
                        headers);
    }

    private static String describe(Header header) {
        return header.key() + ":" + describe(header.value());
    }

    private static String describe(byte[] bytes) {
        if (bytes == null) {
            return "null";
        }
        return bytes.length < 40
                ? new String(bytes, StandardCharsets.ISO_8859_1)
                : bytes.length + " bytes " + Arrays.hashCode(bytes);
    }
}
