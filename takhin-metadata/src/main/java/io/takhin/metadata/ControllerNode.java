package io.takhin.metadata;

import io.takhin.metadata.MetadataSettings.Timing;
import io.takhin.metadata.MetadataSettings.Voter;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.common.security.token.delegation.internals.DelegationTokenCache;
import org.apache.kafka.controller.Controller;
import org.apache.kafka.controller.QuorumController;
import org.apache.kafka.controller.QuorumFeatures;
import org.apache.kafka.metadata.VersionRange;

/** Builds Kafka's controller for a voter. */
final class ControllerNode {
    private static final long LEADER_BALANCE_CHECK_NANOS = 300_000_000_000L;

    private ControllerNode() {}

    /** The feature levels this program can work with: brokers register them, voters check them. */
    static Map<String, VersionRange> supportedFeatures() {
        return QuorumFeatures.defaultSupportedFeatureMap(false);
    }

    static Controller start(
            MetadataSettings settings,
            StorageFormat format,
            RaftNode raft,
            RaftNode.Surroundings surroundings)
            throws IOException {
        try {
            return builder(settings, format, raft, surroundings).build();
        } catch (Exception e) { // Kafka's signature says no more than this
            throw new IOException("the controller cannot start: " + e.getMessage(), e);
        }
    }

    private static QuorumController.Builder builder(
            MetadataSettings settings,
            StorageFormat format,
            RaftNode raft,
            RaftNode.Surroundings surroundings) {
        Timing timing = settings.timing();
        Map<String, Object> staticConfig = new HashMap<>(settings.topicDefaults());
        return new QuorumController.Builder(settings.nodeId(), format.clusterId())
                .setTime(surroundings.time())
                .setLogContext(new PlainLogging())
                .setThreadNamePrefix("controller-" + settings.nodeId() + "-")
                .setRaftClient(raft.client())
                .setQuorumFeatures(
                        new QuorumFeatures(
                                settings.nodeId(), supportedFeatures(), voterIds(settings)))
                .setConfigSchema(ConfigurationRules.schema())
                .setConfigurationValidator(new ConfigurationRules(settings.rules()))
                .setStaticConfig(staticConfig)
                .setBootstrapMetadata(format.bootstrap())
                .setDefaultReplicationFactor(shortDefault(settings, "default.replication.factor"))
                .setDefaultNumPartitions(shortDefault(settings, "num.partitions"))
                .setSessionTimeoutNs(timing.session().toNanos())
                .setMaxIdleIntervalNs(
                        timing.idleRecords().isZero()
                                ? OptionalLong.empty()
                                : OptionalLong.of(timing.idleRecords().toNanos()))
                .setLeaderImbalanceCheckIntervalNs(OptionalLong.of(LEADER_BALANCE_CHECK_NANOS))
                .setDelegationTokenCache(new DelegationTokenCache(List.of()))
                .setFatalFaultHandler(surroundings.faults().fatal())
                .setNonFatalFaultHandler(surroundings.faults().survivable());
    }

    private static List<Integer> voterIds(MetadataSettings settings) {
        return settings.alone()
                ? List.of(settings.nodeId())
                : settings.voters().stream().map(Voter::id).toList();
    }

    /** What CreateTopics means by -1. */
    private static short shortDefault(MetadataSettings settings, String name) {
        return Short.parseShort(settings.topicDefaults().getOrDefault(name, "1"));
    }
}
