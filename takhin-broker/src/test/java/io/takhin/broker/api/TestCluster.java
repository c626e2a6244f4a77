package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/** A cluster as a test wants it; {@link #view} is a snapshot of it. Topics get id 0:index. */
public final class TestCluster {
    private final Map<Integer, ClusterView.BrokerNode> brokers = new TreeMap<>();
    private final Map<String, ClusterView.Topic> topics = new TreeMap<>();
    private final Map<ConfigResource, Map<String, String>> overrides = new HashMap<>();
    private final Map<String, Short> features = new TreeMap<>();

    /** Registered, alive, at host-id:9092, without a rack. */
    public TestCluster broker(int id) {
        return broker(id, false);
    }

    public TestCluster fencedBroker(int id) {
        return broker(id, true);
    }

    private TestCluster broker(int id, boolean fenced) {
        brokers.put(
                id,
                new ClusterView.BrokerNode(id, 100 + id, "host-" + id, 9092, null, fenced, false));
        return this;
    }

    /** Every partition has its one replica on broker 1. */
    public TestCluster topic(String name, int partitions) {
        Uuid id = new Uuid(7, topics.size() + 1L);
        return topic(name, id, IntStream.range(0, partitions).mapToObj(TestCluster::led).toList());
    }

    public TestCluster topic(String name, Uuid id, List<ClusterView.Partition> partitions) {
        topics.put(name, new ClusterView.Topic(name, id, partitions));
        return this;
    }

    public TestCluster withoutTopic(String name) {
        topics.remove(name);
        return this;
    }

    public TestCluster topicOverride(String topic, String name, String value) {
        return override(ConfigResource.Type.TOPIC, topic, name, value);
    }

    public TestCluster brokerOverride(int broker, String name, String value) {
        return override(ConfigResource.Type.BROKER, Integer.toString(broker), name, value);
    }

    public TestCluster clusterOverride(String name, String value) {
        return override(ConfigResource.Type.BROKER, "", name, value);
    }

    public TestCluster override(
            ConfigResource.Type type, String resource, String name, String value) {
        overrides
                .computeIfAbsent(new ConfigResource(type, resource), _ -> new TreeMap<>())
                .put(name, value);
        return this;
    }

    /** A finalized feature. */
    public TestCluster feature(String name, int level) {
        features.put(name, (short) level);
        return this;
    }

    public Uuid topicId(String name) {
        return Objects.requireNonNull(topics.get(name)).id();
    }

    public ClusterView view() {
        Map<ConfigResource, Map<String, String>> copies = new HashMap<>();
        overrides.forEach((resource, values) -> copies.put(resource, Map.copyOf(values)));
        return new Snapshot(
                List.copyOf(brokers.values()), new TreeMap<>(topics), copies, Map.copyOf(features));
    }

    /** A partition led by its only replica, broker 1. */
    public static ClusterView.Partition led(int index) {
        return led(index, 0);
    }

    /** Since an epoch. */
    static ClusterView.Partition led(int index, int epoch) {
        List<Integer> only = List.of(1);
        return new ClusterView.Partition(
                index, 1, epoch, 0, only, only, List.of(), List.of(), List.of(), List.of());
    }

    private record Snapshot(
            List<BrokerNode> brokers,
            Map<String, Topic> byName,
            Map<ConfigResource, Map<String, String>> overrides,
            Map<String, Short> finalized)
            implements ClusterView {
        @Override
        public String clusterId() {
            return "test-cluster";
        }

        @Override
        public long offset() {
            return 42;
        }

        @Override
        public OptionalInt controllerId() {
            return brokers.stream().mapToInt(BrokerNode::id).findFirst();
        }

        @Override
        public @Nullable BrokerNode broker(int id) {
            return brokers.stream().filter(node -> node.id() == id).findFirst().orElse(null);
        }

        @Override
        public Collection<Topic> topics() {
            return byName.values();
        }

        @Override
        public @Nullable Topic topic(String name) {
            return byName.get(name);
        }

        @Override
        public @Nullable Topic topic(Uuid id) {
            return byName.values().stream()
                    .filter(topic -> topic.id().equals(id))
                    .findFirst()
                    .orElse(null);
        }

        @Override
        public Map<String, String> overrides(ConfigResource resource) {
            return overrides.getOrDefault(resource, Map.of());
        }

        @Override
        public Set<ConfigResource> configuredResources() {
            return overrides.keySet();
        }

        @Override
        public Features features() {
            return new Features(1, finalized);
        }
    }
}
