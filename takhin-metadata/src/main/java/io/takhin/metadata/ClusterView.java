package io.takhin.metadata;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/**
 * What the cluster's metadata log says, up to one offset. Immutable: take one view per request and
 * answer everything from it.
 */
public interface ClusterView {
    String clusterId();

    /** The last metadata offset contained; -1 before anything was read. */
    long offset();

    /** The active controller as this node knows it. */
    OptionalInt controllerId();

    /** All registered brokers, fenced ones too, by id. */
    Collection<BrokerNode> brokers();

    @Nullable BrokerNode broker(int id);

    Collection<Topic> topics();

    @Nullable Topic topic(String name);

    @Nullable Topic topic(Uuid id);

    /** What was set for a resource by AlterConfigs, without defaults; empty where nothing was. */
    Map<String, String> overrides(ConfigResource resource);

    /** Everything that has settings of its own. */
    Set<ConfigResource> configuredResources();

    /** Finalized feature levels by name, and the offset at which they last changed (-1: never). */
    Features features();

    /** A broker's registration. */
    record BrokerNode(
            int id,
            long epoch,
            String host,
            int port,
            @Nullable String rack,
            boolean fenced,
            boolean inControlledShutdown) {
        /** Clients may be sent there. */
        public boolean alive() {
            return !fenced;
        }
    }

    /** A topic; partitions are in the order of their index, without gaps. */
    record Topic(String name, Uuid id, List<Partition> partitions) {}

    /**
     * One partition's assignment and leadership.
     *
     * @param leader -1 where none is
     */
    record Partition(
            int index,
            int leader,
            int leaderEpoch,
            int partitionEpoch,
            List<Integer> replicas,
            List<Integer> inSync,
            List<Integer> eligibleLeaders,
            List<Integer> lastKnownEligibleLeaders,
            List<Integer> adding,
            List<Integer> removing) {}

    /** Finalized features; {@code epoch} rises with every change. */
    record Features(long epoch, Map<String, Short> finalized) {}
}
