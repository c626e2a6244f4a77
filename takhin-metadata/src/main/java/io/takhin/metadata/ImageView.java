package io.takhin.metadata;

import java.util.AbstractCollection;
import java.util.AbstractList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;

/**
 * Kafka's metadata image as the rest of the broker sees it. Nothing is copied when a view is made:
 * every answer is built from the image when it is asked for.
 */
final class ImageView implements ClusterView {
    private final MetadataImage image;
    private final String clusterId;
    private final String listener;
    private final OptionalInt controllerId;

    ImageView(MetadataImage image, String clusterId, String listener, OptionalInt controllerId) {
        this.image = image;
        this.clusterId = clusterId;
        this.listener = listener;
        this.controllerId = controllerId;
    }

    /** The same metadata under another controller. */
    ImageView withController(OptionalInt id) {
        return new ImageView(image, clusterId, listener, id);
    }

    @Override
    public String clusterId() {
        return clusterId;
    }

    @Override
    public long offset() {
        return image.offset();
    }

    @Override
    public OptionalInt controllerId() {
        return controllerId;
    }

    /** The data directories under which a broker last registered. */
    List<Uuid> directoriesOf(int broker) {
        BrokerRegistration registration = image.cluster().broker(broker);
        return registration == null ? List.of() : registration.directories();
    }

    @Override
    public Collection<BrokerNode> brokers() {
        return new Mapped<>(image.cluster().brokers().values(), this::brokerNode);
    }

    @Override
    public @Nullable BrokerNode broker(int id) {
        BrokerRegistration registration = image.cluster().broker(id);
        return registration == null ? null : brokerNode(registration);
    }

    @Override
    public Collection<Topic> topics() {
        return new Mapped<>(image.topics().topicsById().values(), ImageView::topic);
    }

    @Override
    public @Nullable Topic topic(String name) {
        TopicImage topic = image.topics().getTopic(name);
        return topic == null ? null : topic(topic);
    }

    @Override
    public @Nullable Topic topic(Uuid id) {
        TopicImage topic = image.topics().getTopic(id);
        return topic == null ? null : topic(topic);
    }

    @Override
    public Map<String, String> overrides(ConfigResource resource) {
        return image.configs().configMapForResource(resource);
    }

    @Override
    public Set<ConfigResource> configuredResources() {
        return image.configs().resourceData().keySet();
    }

    @Override
    public Features features() {
        Map<String, Short> finalized = new TreeMap<>(image.features().finalizedVersions());
        image.features()
                .metadataVersion()
                .ifPresent(version ->
                        finalized.put(MetadataVersion.FEATURE_NAME, version.featureLevel()));
        return new Features(image.offset(), finalized);
    }

    /** A broker that does not have our listener is seen by whatever it has. */
    private BrokerNode brokerNode(BrokerRegistration registration) {
        Endpoint endpoint = registration.listeners().get(listener);
        if (endpoint == null) {
            endpoint =
                    registration.listeners().values().stream()
                            .findFirst()
                            .orElseGet(() -> new Endpoint(listener, null, "", -1));
        }
        return new BrokerNode(
                registration.id(),
                registration.epoch(),
                endpoint.host(),
                endpoint.port(),
                registration.rack().orElse(null),
                registration.fenced(),
                registration.inControlledShutdown());
    }

    private static Topic topic(TopicImage topic) {
        return new Topic(topic.name(), topic.id(), new Partitions(topic.partitions()));
    }

    private static Partition partition(int index, PartitionRegistration registration) {
        return new Partition(
                index,
                registration.leader,
                registration.leaderEpoch,
                registration.partitionEpoch,
                new Ids(registration.replicas),
                new Ids(registration.isr),
                new Ids(registration.elr),
                new Ids(registration.lastKnownElr),
                new Ids(registration.addingReplicas),
                new Ids(registration.removingReplicas));
    }

    /** The partitions of a topic; one is built when it is read. */
    private static final class Partitions extends AbstractList<Partition> {
        private final Map<Integer, PartitionRegistration> registrations;

        Partitions(Map<Integer, PartitionRegistration> registrations) {
            this.registrations = registrations;
        }

        @Override
        public Partition get(int index) {
            PartitionRegistration registration = registrations.get(index);
            if (registration == null) {
                throw new IndexOutOfBoundsException(index);
            }
            return partition(index, registration);
        }

        @Override
        public int size() {
            return registrations.size();
        }
    }

    /** Broker ids in the image's own array. */
    private static final class Ids extends AbstractList<Integer> {
        private final int[] ids;

        Ids(int[] ids) {
            this.ids = ids;
        }

        @Override
        public Integer get(int index) {
            return ids[index];
        }

        @Override
        public int size() {
            return ids.length;
        }
    }

    /** A collection seen through a function. */
    private static final class Mapped<A, B> extends AbstractCollection<B> {
        private final Collection<A> source;
        private final Function<A, B> function;

        Mapped(Collection<A> source, Function<A, B> function) {
            this.source = source;
            this.function = function;
        }

        @Override
        public Iterator<B> iterator() {
            return source.stream().map(function).iterator();
        }

        @Override
        public int size() {
            return source.size();
        }
    }
}
