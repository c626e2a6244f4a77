package io.takhin.replication;

import io.takhin.base.Clock;
import io.takhin.log.LogConfig;
import io.takhin.log.LogDirectory;
import io.takhin.log.PartitionLog;
import io.takhin.metadata.ClusterView;
import io.takhin.metadata.MetadataListener;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions of this broker, kept as the metadata log says: opened, led, reconfigured and
 * deleted.
 *
 * <p>Threads: changes come on the metadata thread alone; look-ups from any.
 */
public final class HostedPartitions implements MetadataListener {
    private static final Logger log = LoggerFactory.getLogger(HostedPartitions.class);

    private final int self;
    private final LogDirectory directory;
    private final BiFunction<String, ClusterView, ReplicaConfig> configOf;
    private final Clock clock;
    private final Map<Uuid, HostedTopic> topics = new ConcurrentHashMap<>();
    private final List<LeadershipListener> listeners = new CopyOnWriteArrayList<>();

    /** The metadata thread's. */
    private @Nullable KnownConfig lastConfig;

    /** A topic's settings as the view of an offset has them. */
    private record KnownConfig(Uuid topic, long offset, ReplicaConfig config) {}

    /**
     * @param self this broker's id
     * @param configOf the settings of a topic by name
     */
    public HostedPartitions(
            int self,
            LogDirectory directory,
            BiFunction<String, ClusterView, ReplicaConfig> configOf,
            Clock clock) {
        this.self = self;
        this.directory = directory;
        this.configOf = configOf;
        this.clock = clock;
    }

    /** Must be called before the first change arrives. */
    public void addListener(LeadershipListener listener) {
        listeners.add(listener);
    }

    /** The partition if this broker has a replica of it. */
    public @Nullable Partition get(Uuid topicId, int index) {
        HostedTopic topic = topics.get(topicId);
        return topic == null ? null : topic.get(index);
    }

    /** Up to where a log's records can be read; -1 where no partition has the log. */
    public long highWatermarkOf(PartitionLog of) {
        Partition partition = get(of.topicId(), of.topicPartition().partition());
        return partition != null && partition.log() == of ? partition.highWatermark() : -1;
    }

    /** Everything hosted now; a snapshot. */
    public Collection<Partition> all() {
        List<Partition> all = new ArrayList<>();
        topics.values().forEach(topic -> topic.addTo(all));
        return all;
    }

    /**
     * Sets logs aside that no topic of the cluster owns: what is left of topics that were deleted
     * while this broker was down, or of a cluster whose metadata was lost. One that could not be
     * opened is none, and on a disk that failed nothing is changed. To be called once the metadata
     * has been read up to its present end.
     */
    public void setStraysAside(ClusterView view) {
        for (PartitionLog log : directory.logs()) {
            if (directory.isOnline() && !isAssigned(log, view)) {
                HostedPartitions.log.warn(
                        "{} belongs to no topic of the cluster: set aside", log.directory());
                directory.setAside(log.topicPartition());
            }
        }
    }

    private boolean isAssigned(PartitionLog log, ClusterView view) {
        int index = log.topicPartition().partition();
        if (get(log.topicId(), index) != null) {
            return true;
        }
        ClusterView.Topic topic = view.topic(log.topicPartition().topic());
        return topic != null
                && log.isOf(topic.id())
                && topic.partitions().stream()
                        .anyMatch(one -> one.index() == index && one.replicas().contains(self));
    }

    /** The disk failed: nothing is served from it any more. */
    public void takeAllOffline(String why) {
        all().forEach(partition -> partition.takeOffline(why, Errors.KAFKA_STORAGE_ERROR));
    }

    /** Ends the waits whose time is up; to be called about once a second. */
    public void expireWaits() {
        long now = clock.nanos();
        for (HostedTopic topic : topics.values()) {
            topic.forEach(partition -> partition.expireWaits(now));
        }
    }

    @Override
    public void onChange(Change change, ClusterView view) {
        change.deletedTopics().forEach(this::delete);
        for (Uuid id : change.topics()) {
            ClusterView.Topic topic = view.topic(id);
            if (topic != null) {
                update(topic, view);
            }
        }
        change.configs().forEach(resource -> reconfigure(resource, view));
    }

    private void update(ClusterView.Topic topic, ClusterView view) {
        for (ClusterView.Partition assigned : topic.partitions()) {
            if (assigned.replicas().contains(self)) {
                host(topic, assigned, view);
            } else if (get(topic.id(), assigned.index()) != null) {
                drop(topic.id(), assigned.index());
            }
        }
    }

    private void host(ClusterView.Topic topic, ClusterView.Partition assigned, ClusterView view) {
        Partition partition = get(topic.id(), assigned.index());
        if (partition == null) {
            partition = open(topic, assigned.index(), view);
            if (partition == null) {
                return;
            }
        }
        boolean led = partition.isLeader();
        int epochBefore = partition.state().leaderEpoch();
        ReplicaState now = takeLeader(partition, assigned);
        if (now instanceof ReplicaState.Leader leader) {
            if (!led || leader.leaderEpoch() != epochBefore) {
                tellBegan(partition, leader.leaderEpoch());
            }
        } else if (led) {
            tellEnded(partition);
        }
    }

    /** A disk that fails now must not take the metadata, and so the process, along. */
    private static ReplicaState takeLeader(Partition partition, ClusterView.Partition assigned) {
        try {
            return partition.onLeader(assigned.leaderEpoch(), assigned.leader());
        } catch (KafkaStorageException e) {
            log.error("{} cannot be led", partition.topicPartition(), e);
            partition.takeOffline(String.valueOf(e.getMessage()), Errors.KAFKA_STORAGE_ERROR);
            return partition.state();
        }
    }

    private @Nullable Partition open(ClusterView.Topic topic, int index, ClusterView view) {
        TopicPartition name = new TopicPartition(topic.name(), index);
        try {
            ReplicaConfig config = configFor(topic, view);
            if (!topics.containsKey(topic.id()) && directory.get(name) == null) {
                sayDurability(topic.name(), config.log());
            }
            PartitionLog opened = openLog(name, topic.id(), config.log());
            Partition partition = new Partition(opened, self, config.minInSyncReplicas());
            topics.computeIfAbsent(topic.id(), id -> new HostedTopic())
                    .put(index, partition, topic.partitions().size());
            return partition;
        } catch (KafkaStorageException e) {
            log.error("cannot open the log of {}: the partition stays offline", name, e);
            return null;
        }
    }

    /** The partitions of a topic share one: there may be many of them. */
    private ReplicaConfig configFor(ClusterView.Topic topic, ClusterView view) {
        KnownConfig known = lastConfig;
        if (known == null || known.offset != view.offset() || !known.topic.equals(topic.id())) {
            known = new KnownConfig(topic.id(), view.offset(), configOf.apply(topic.name(), view));
            lastConfig = known;
        }
        return known.config;
    }

    private static void sayDurability(String topic, LogConfig config) {
        log.info(
                switch (config.flushPolicy()) {
                    case ACK -> "topic {}: acks=all waits for the disk";
                    case INTERVAL -> "topic {}: acks=all waits for the page cache only";
                },
                topic);
    }

    /** A directory of the same name may be left from a topic that is gone; it is kept, aside. */
    private PartitionLog openLog(TopicPartition name, Uuid topicId, LogConfig config) {
        PartitionLog left = directory.get(name);
        if (left != null && !left.isOf(topicId)) {
            log.warn(
                    "{} was of topic {}, which the cluster does not know any more: set aside",
                    left.directory(),
                    left.topicId());
            directory.setAside(name);
        }
        return directory.open(name, topicId, config);
    }

    private void delete(Uuid topicId) {
        HostedTopic topic = topics.remove(topicId);
        if (topic != null) {
            topic.forEach(this::remove);
        }
    }

    private void drop(Uuid topicId, int index) {
        HostedTopic topic = topics.get(topicId);
        Partition partition = topic == null ? null : topic.remove(index);
        if (partition != null) {
            remove(partition);
        }
    }

    private void remove(Partition partition) {
        boolean led = partition.isLeader();
        partition.takeOffline("deleted", Errors.UNKNOWN_TOPIC_OR_PARTITION);
        if (led) {
            tellEnded(partition);
        }
        try {
            directory.delete(partition.topicPartition());
        } catch (KafkaStorageException e) {
            // The next start finds a log of no topic, and sets it aside.
            log.error("the files of {} stay where they are", partition.topicPartition(), e);
        }
    }

    private void reconfigure(ConfigResource resource, ClusterView view) {
        switch (resource.type()) {
            case TOPIC -> {
                ClusterView.Topic topic = view.topic(resource.name());
                HostedTopic hosted = topic == null ? null : topics.get(topic.id());
                if (hosted != null) {
                    reconfigure(hosted, resource.name(), view);
                }
            }
            // A broker-wide default may show through in any topic.
            case BROKER ->
                    topics.forEach((id, hosted) -> {
                        ClusterView.Topic topic = view.topic(id);
                        if (topic != null) {
                            reconfigure(hosted, topic.name(), view);
                        }
                    });
            default -> {
                // Groups, client metrics and loggers do not concern the log.
            }
        }
    }

    private void reconfigure(HostedTopic hosted, String name, ClusterView view) {
        ReplicaConfig config = configOf.apply(name, view);
        hosted.forEach(partition -> partition.reconfigure(config));
    }

    private void tellBegan(Partition partition, int leaderEpoch) {
        listeners.forEach(listener -> listener.began(partition, leaderEpoch));
    }

    private void tellEnded(Partition partition) {
        listeners.forEach(listener -> listener.ended(partition));
    }
}
