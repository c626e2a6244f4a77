package io.takhin.coordinator;

import com.yammer.metrics.core.MetricsRegistry;
import io.takhin.base.Clock;
import java.util.Optional;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.server.share.persister.NoOpStatePersister;
import org.apache.kafka.server.util.timer.Timer;

/** Puts Kafka's group coordinator together with what it asks of the broker around it (ADR 50). */
final class EmbeddedCoordinator {
    private EmbeddedCoordinator() {}

    /** What the coordinator lives on. */
    record Surroundings(
            LedLogs logs,
            ServedPartitions served,
            HighWatermarks highWatermarks,
            Clock clock,
            Timer timer) {}

    static GroupCoordinatorService build(int nodeId, GroupSettings settings, Surroundings around) {
        AbstractConfig config = settings.toKafka();
        GroupCoordinatorConfig groups = new GroupCoordinatorConfig(config);
        ShareGroupConfig shareGroups = new ShareGroupConfig(config);
        return new GroupCoordinatorService.Builder(nodeId, groups)
                .withWriter(new LogWriter(around.logs(), around.served()))
                .withLoader(
                        new LogLoader<>(
                                around.logs(), new GroupCoordinatorRecordSerde(), around.clock()))
                .withTime(new KafkaTime(around.clock()))
                .withTimer(around.timer())
                .withCoordinatorRuntimeMetrics(new UnmeasuredRuntime())
                // Registries of its own: Kafka's default one is shared by the whole process.
                .withGroupCoordinatorMetrics(
                        new GroupCoordinatorMetrics(new MetricsRegistry(), new Metrics()))
                .withGroupConfigManager(
                        new GroupConfigManager(
                                groups.extractGroupConfigMap(shareGroups), groups, shareGroups))
                // No share groups yet, so nothing of theirs is ever persisted.
                .withPersister(new NoOpStatePersister())
                .withAuthorizerPlugin(Optional.empty())
                .withPartitionMetadataClient(new LatestOffsets(around.highWatermarks()))
                .build();
    }
}
