package io.takhin.coordinator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.base.Clock;
import io.takhin.base.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResultCollection;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.server.util.timer.SystemTimer;
import org.apache.kafka.server.util.timer.SystemTimerReaper;
import org.apache.kafka.server.util.timer.Timer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The consumer groups of this broker: Kafka's group coordinator, with its state in the partitions
 * of the offsets topic that this broker leads.
 *
 * <p>It begins to serve with the first metadata image, which says how many partitions the offsets
 * topic has; until then every request is answered with COORDINATOR_NOT_AVAILABLE. A request for a
 * group whose partition is led elsewhere is answered with NOT_COORDINATOR, one for a partition that
 * is still being replayed with COORDINATOR_LOAD_IN_PROGRESS. A future that fails does so with a
 * Kafka exception that maps to an error code.
 *
 * <p>Threads: any. Kafka's runtime has one thread for all groups, one for background work, one or
 * two for timeouts; futures complete on the first of them, so what follows must be quick.
 */
public final class GroupCoordination implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GroupCoordination.class);

    private final int nodeId;
    private final GroupSettings settings;
    private final LedLogs logs = new LedLogs();
    private final ServedPartitions served = new ServedPartitions();
    private final GroupCoordinatorService service;
    private final ExecutorService metadataExecutor = Threads.virtualExecutor("group-metadata");
    private final ReentrantLock lock = new ReentrantLock();

    /** Changes of leadership that came before the first image; in order. */
    @GuardedBy("lock")
    private final List<Runnable> beforeStart = new ArrayList<>();

    @GuardedBy("lock")
    private boolean closed;

    /** The last of the images being handed on, one after the other. */
    @GuardedBy("lock")
    private CompletableFuture<Void> imagesApplied = CompletableFuture.completedFuture(null);

    private volatile boolean serving;

    /**
     * @param nodeId this broker's id
     * @param highWatermarks of all partitions this broker leads
     */
    public GroupCoordination(
            int nodeId, GroupSettings settings, HighWatermarks highWatermarks, Clock clock) {
        this(
                nodeId,
                settings,
                highWatermarks,
                clock,
                new SystemTimerReaper("group-timer", new SystemTimer("group-timeouts")));
    }

    GroupCoordination(
            int nodeId,
            GroupSettings settings,
            HighWatermarks highWatermarks,
            Clock clock,
            Timer timer) {
        this.nodeId = nodeId;
        this.settings = settings;
        this.service =
                EmbeddedCoordinator.build(
                        nodeId,
                        settings,
                        new EmbeddedCoordinator.Surroundings(
                                logs, served, highWatermarks, clock, timer));
    }

    /**
     * Hands on a new state of the cluster's metadata: topics decide what members are assigned, a
     * deleted topic takes its committed offsets along, group settings take effect. Returns at once;
     * the caller's order is kept.
     */
    public void onMetadata(MetadataDelta delta, MetadataImage image) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            boolean first = !serving;
            if (first) {
                startServing(image);
            }
            // Not on the caller's thread: dropping the offsets of a deleted topic waits for the
            // disk, and metadata must not wait for that.
            imagesApplied =
                    imagesApplied.thenRunAsync(() -> apply(delta, image, first), metadataExecutor);
        } finally {
            lock.unlock();
        }
    }

    /**
     * This broker leads a partition of the offsets topic: its groups are loaded and served. Where
     * it led the partition before, in an older epoch, they are loaded again.
     *
     * @param log of this leadership
     */
    public void becameLeader(int partition, int leaderEpoch, CoordinatorLog log) {
        whenServing(() ->
                logs.begin(
                        offsets(partition),
                        log,
                        () -> {
                            // Without this the runtime would keep its state, and go on
                            // listening to the log of the leadership before.
                            service.onResignation(partition, OptionalInt.of(leaderEpoch));
                            service.onElection(partition, leaderEpoch);
                        }));
    }

    /**
     * This broker leads the partition no more: what its groups wait for fails.
     *
     * @param leaderEpoch of the leader that came after; empty when the partition is gone
     */
    public void resigned(int partition, OptionalInt leaderEpoch) {
        whenServing(() ->
                logs.end(offsets(partition), () -> service.onResignation(partition, leaderEpoch)));
    }

    private static TopicPartition offsets(int partition) {
        return new TopicPartition(Topic.GROUP_METADATA_TOPIC_NAME, partition);
    }

    /** The partition of the offsets topic that holds a group; empty before the first image. */
    public OptionalInt partitionFor(String groupId) {
        return serving ? OptionalInt.of(service.partitionFor(groupId)) : OptionalInt.empty();
    }

    /** Done once the groups of a partition are loaded and served here; never fails. */
    public CompletableFuture<Void> whenServed(int partition) {
        return served.when(offsets(partition));
    }

    /** The id of this broker. */
    public int nodeId() {
        return nodeId;
    }

    /** How many partitions the offsets topic is to have when it is created. */
    public int offsetsPartitions() {
        return settings.offsetsPartitions();
    }

    /** The settings the offsets topic is to have when it is created. */
    public Map<String, String> offsetsTopicSettings() {
        return Map.of(
                "cleanup.policy", "compact",
                "compression.type", "producer",
                "segment.bytes", Integer.toString(settings.offsetsSegmentBytes()));
    }

    public CompletableFuture<JoinGroupResponseData> joinGroup(
            AuthorizableRequestContext context, JoinGroupRequestData request) {
        return service.joinGroup(context, request, BufferSupplier.NO_CACHING);
    }

    public CompletableFuture<SyncGroupResponseData> syncGroup(
            AuthorizableRequestContext context, SyncGroupRequestData request) {
        return service.syncGroup(context, request, BufferSupplier.NO_CACHING);
    }

    public CompletableFuture<HeartbeatResponseData> heartbeat(
            AuthorizableRequestContext context, HeartbeatRequestData request) {
        return service.heartbeat(context, request);
    }

    /** Takes members in a list, as from version 3 on. */
    public CompletableFuture<LeaveGroupResponseData> leaveGroup(
            AuthorizableRequestContext context, LeaveGroupRequestData request) {
        return service.leaveGroup(context, request);
    }

    public CompletableFuture<ConsumerGroupHeartbeatResponseData> consumerGroupHeartbeat(
            AuthorizableRequestContext context, ConsumerGroupHeartbeatRequestData request) {
        return service.consumerGroupHeartbeat(context, request);
    }

    /** Topics must carry their name; an id that is set as well is stored with the offset. */
    public CompletableFuture<OffsetCommitResponseData> commitOffsets(
            AuthorizableRequestContext context, OffsetCommitRequestData request) {
        return service.commitOffsets(context, request, BufferSupplier.NO_CACHING);
    }

    /** Topics must carry their name; without topics, all offsets of the group are answered. */
    public CompletableFuture<OffsetFetchResponseGroup> fetchOffsets(
            AuthorizableRequestContext context,
            OffsetFetchRequestGroup request,
            boolean requireStable) {
        return service.fetchOffsets(context, request, requireStable);
    }

    public CompletableFuture<OffsetDeleteResponseData> deleteOffsets(
            AuthorizableRequestContext context, OffsetDeleteRequestData request) {
        return service.deleteOffsets(context, request, BufferSupplier.NO_CACHING);
    }

    /** Only the groups whose partitions this broker leads. */
    public CompletableFuture<ListGroupsResponseData> listGroups(
            AuthorizableRequestContext context, ListGroupsRequestData request) {
        return service.listGroups(context, request);
    }

    public CompletableFuture<List<DescribeGroupsResponseData.DescribedGroup>> describeGroups(
            AuthorizableRequestContext context, List<String> groupIds) {
        return service.describeGroups(context, groupIds);
    }

    public CompletableFuture<List<ConsumerGroupDescribeResponseData.DescribedGroup>>
            describeConsumerGroups(AuthorizableRequestContext context, List<String> groupIds) {
        return service.consumerGroupDescribe(context, groupIds);
    }

    public CompletableFuture<DeletableGroupResultCollection> deleteGroups(
            AuthorizableRequestContext context, List<String> groupIds) {
        return service.deleteGroups(context, groupIds, BufferSupplier.NO_CACHING);
    }

    /** Ends all threads; requests that wait are answered with NOT_COORDINATOR. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            if (!serving) {
                // Kafka's service closes its threads only when it was started.
                service.startup(settings::offsetsPartitions);
            }
            serving = false;
        } finally {
            lock.unlock();
        }
        service.shutdown();
    }

    @GuardedBy("lock")
    private void startServing(MetadataImage image) {
        TopicImage offsets = image.topics().getTopic(Topic.GROUP_METADATA_TOPIC_NAME);
        service.startup(
                () -> offsets == null ? settings.offsetsPartitions() : offsets.partitions().size());
        serving = true;
        beforeStart.forEach(Runnable::run);
        beforeStart.clear();
    }

    private void whenServing(Runnable change) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (serving) {
                change.run();
            } else {
                beforeStart.add(change);
            }
        } finally {
            lock.unlock();
        }
    }

    private void apply(MetadataDelta delta, MetadataImage image, boolean first) {
        if (!serving) {
            return;
        }
        try {
            service.onMetadataUpdate(delta, image);
            changedConfigs(delta, image, first).stream()
                    .filter(resource -> resource.type() == ConfigResource.Type.GROUP)
                    .forEach(group -> configure(group.name(), image));
        } catch (RuntimeException e) {
            // The next image must still be handed on.
            log.error("groups did not take metadata offset={}", image.offset(), e);
        }
    }

    private static Set<ConfigResource> changedConfigs(
            MetadataDelta delta, MetadataImage image, boolean first) {
        if (first) {
            return image.configs().resourceData().keySet();
        }
        return delta.configsDelta() == null ? Set.of() : delta.configsDelta().changes().keySet();
    }

    private void configure(String groupId, MetadataImage image) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, groupId);
        service.updateGroupConfig(groupId, image.configs().configProperties(resource));
    }
}
