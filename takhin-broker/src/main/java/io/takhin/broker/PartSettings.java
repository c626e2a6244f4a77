package io.takhin.broker;

import io.takhin.broker.config.BrokerConfig;
import io.takhin.broker.config.HostAndPort;
import io.takhin.broker.topicconfig.ConfigSetting;
import io.takhin.broker.topicconfig.TopicSettings;
import io.takhin.coordinator.GroupSettings;
import io.takhin.log.Descriptors;
import io.takhin.log.DiskReserve;
import io.takhin.log.LogCleaner;
import io.takhin.log.LogConfig;
import io.takhin.log.LogDirectorySettings;
import io.takhin.metadata.MetadataSettings;
import io.takhin.metadata.MetadataSettings.BrokerEndpoint;
import io.takhin.metadata.MetadataSettings.Timing;
import io.takhin.metadata.MetadataSettings.Voter;
import io.takhin.metadata.SettingRules;
import io.takhin.network.ConnectionLimit;
import io.takhin.network.NetworkSettings;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The configuration as each part of the broker wants it. */
final class PartSettings {
    private static final Logger log = LoggerFactory.getLogger(PartSettings.class);

    /** Kafka's {@code producer.id.expiration.ms}. */
    private static final Duration PRODUCER_IDLE_MAX = Duration.ofDays(1);

    /** How far a start after a crash may have to scan, in time. */
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(5);

    private final BrokerConfig config;

    PartSettings(BrokerConfig config) {
        this.config = config;
    }

    NetworkSettings network() {
        return NetworkSettings.defaults()
                .withRequestBytesMax(config.network().requestBytesMax())
                .withIdleTimeout(config.network().idleMax());
    }

    /**
     * What all listeners for clients share.
     *
     * @param descriptors of this process; connections never take those that files need
     */
    ConnectionLimit connections(Descriptors descriptors) {
        int wanted = config.network().connectionsMax();
        int possible = descriptors.connections();
        if (wanted <= possible) {
            return new ConnectionLimit(wanted, "kafka.max.connections");
        }
        log.info(
                "at most {} connections instead of the {} of kafka.max.connections: this process"
                        + " may open {} files (ulimit -n, LimitNOFILE=)",
                possible,
                wanted,
                descriptors.limit());
        return new ConnectionLimit(
                possible,
                "with ulimit -n or LimitNOFILE= above %d there may be more"
                        .formatted(descriptors.limit()));
    }

    LogDirectorySettings log(LogConfig defaults) {
        int threads = Runtime.getRuntime().availableProcessors();
        BrokerConfig.Reserve reserve = config.storage().reserve();
        return new LogDirectorySettings(
                defaults,
                PRODUCER_IDLE_MAX,
                CHECKPOINT_INTERVAL,
                threads,
                new DiskReserve(reserve.bytes(), reserve.percentMax()));
    }

    LogCleaner.Settings cleaner() {
        BrokerConfig.Compaction compaction = config.storage().compaction();
        return new LogCleaner.Settings(
                config.storage().cleanupInterval(),
                compaction.enabled(),
                compaction.interval(),
                compaction.mapBytesMax(),
                compaction.bytesPerSecond());
    }

    GroupSettings groups() {
        GroupSettings defaults = GroupSettings.DEFAULTS;
        return new GroupSettings(
                config.topics().offsetsPartitions(),
                defaults.offsetsSegmentBytes(),
                defaults.initialRebalanceDelay(),
                defaults.sessionTimeoutMin(),
                defaults.sessionTimeoutMax(),
                defaults.offsetsRetention(),
                defaults.commitTimeout());
    }

    /**
     * @param topicDefaults what topics inherit, by Kafka's names
     */
    MetadataSettings metadata(String listener, int port, Map<String, String> topicDefaults) {
        BrokerConfig.Raft raft = config.raft();
        List<Voter> voters =
                raft.voters().stream()
                        .map(one -> new Voter(one.id(), one.address().host(), one.address().port()))
                        .toList();
        Timing timing = voters.isEmpty() ? Timing.alone() : Timing.cluster();
        return new MetadataSettings(
                config.node().id(),
                config.node().clusterId().orElse(null),
                config.storage().dataDir(),
                voters,
                voters.isEmpty() ? null : resolve(raft.bind()),
                new BrokerEndpoint(listener, config.network().advertisedHost(), port, null),
                timing.withFetchTimeout(raft.fetchTimeout()).withAppendLinger(raft.appendLinger()),
                topicDefaults,
                new TopicRules());
    }

    static InetSocketAddress resolve(HostAndPort at) {
        return new InetSocketAddress(at.host(), at.port());
    }

    /** The table of topic settings, as the controller asks it. */
    private static final class TopicRules implements SettingRules {
        @Override
        public Set<String> ownTopicSettings() {
            return TopicSettings.all().stream()
                    .map(ConfigSetting::name)
                    .collect(Collectors.toUnmodifiableSet());
        }

        @Override
        public void check(ConfigResource resource, Map<String, String> settings) {
            if (resource.type() == ConfigResource.Type.TOPIC) {
                TopicSettings.problem(settings)
                        .ifPresent(problem -> {
                            throw new InvalidConfigurationException(problem);
                        });
            }
        }
    }
}
