package io.takhin.broker;

import io.takhin.base.Clock;
import io.takhin.broker.BrokerProcess.Surroundings;
import io.takhin.broker.api.AdvertisedAddressCheck;
import io.takhin.broker.api.AdvertisedAddressWarning;
import io.takhin.broker.api.AlterConfigsHandler;
import io.takhin.broker.api.AlterPartitionReassignmentsHandler;
import io.takhin.broker.api.ApiHandler;
import io.takhin.broker.api.ApiTable;
import io.takhin.broker.api.ApiVersionsHandler;
import io.takhin.broker.api.AutoTopicCreation;
import io.takhin.broker.api.BrokerConfigs;
import io.takhin.broker.api.ConfigAlteration;
import io.takhin.broker.api.Controller;
import io.takhin.broker.api.CreatePartitionsHandler;
import io.takhin.broker.api.CreateTopicsHandler;
import io.takhin.broker.api.DeleteRecordsHandler;
import io.takhin.broker.api.DeleteTopicsHandler;
import io.takhin.broker.api.DescribeClusterHandler;
import io.takhin.broker.api.DescribeConfigsHandler;
import io.takhin.broker.api.DescribeLogDirsHandler;
import io.takhin.broker.api.DescribeProducersHandler;
import io.takhin.broker.api.DescribeQuorumHandler;
import io.takhin.broker.api.DescribeTopicPartitionsHandler;
import io.takhin.broker.api.ElectLeadersHandler;
import io.takhin.broker.api.FetchHandler;
import io.takhin.broker.api.FetchSessions;
import io.takhin.broker.api.GroupHandlers;
import io.takhin.broker.api.IncrementalAlterConfigsHandler;
import io.takhin.broker.api.InitProducerIdHandler;
import io.takhin.broker.api.ListConfigResourcesHandler;
import io.takhin.broker.api.ListOffsetsHandler;
import io.takhin.broker.api.ListPartitionReassignmentsHandler;
import io.takhin.broker.api.MetadataHandler;
import io.takhin.broker.api.OffsetForLeaderEpochHandler;
import io.takhin.broker.api.OffsetsTopic;
import io.takhin.broker.api.ProduceHandler;
import io.takhin.broker.api.ReplicaLookup;
import io.takhin.broker.api.TopicAppearance;
import io.takhin.broker.api.TopicCreation;
import io.takhin.broker.api.UnregisterBrokerHandler;
import io.takhin.broker.api.UpdateFeaturesHandler;
import io.takhin.broker.topicconfig.TopicConfigs;
import io.takhin.coordinator.GroupCoordination;
import io.takhin.log.LogDirectory;
import io.takhin.metadata.ClusterView;
import io.takhin.metadata.MetadataNode;
import io.takhin.replication.HostedPartitions;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import org.apache.kafka.common.config.ConfigResource;

/** Makes the handler of every API this broker serves. */
final class Handlers {
    private static final short ONE_REPLICA = 1;
    private static final Duration APPEARANCE_PATIENCE = Duration.ofSeconds(2);

    private final Surroundings surroundings;
    private final Parts parts;
    private final Supplier<ClusterView> view;
    private final ReplicaLookup replicas;
    private final Controller controller;
    private final OffsetsTopic offsetsTopic;
    private final TopicAppearance appearance;

    /** What handlers work with. */
    record Parts(
            MetadataNode metadata,
            HostedPartitions hosted,
            LogDirectory directory,
            GroupCoordination groups,
            TopicConfigs topicConfigs,
            KafkaProperties properties,
            ExecutorService blocking,
            Clock clock) {}

    Handlers(Surroundings surroundings, Parts parts) {
        this.surroundings = surroundings;
        this.parts = parts;
        this.view = parts.metadata::view;
        this.replicas = new ReplicaLookup(view, parts.hosted);
        this.controller = new Controller(parts.metadata.quorum(), parts.clock);
        this.offsetsTopic =
                new OffsetsTopic(view, parts.metadata.quorum(), parts.groups, ONE_REPLICA);
        this.appearance = new TopicAppearance(view, APPEARANCE_PATIENCE);
    }

    /** Puts up what has to hear of changes, after the partitions that are hosted. */
    void listen() {
        parts.metadata.addListener(offsetsTopic);
        parts.metadata.addListener(appearance);
    }

    ApiTable table() {
        List<ApiHandler> handlers = new ArrayList<>();
        handlers.addAll(records());
        handlers.addAll(GroupHandlers.all(view, parts.groups, offsetsTopic));
        handlers.addAll(topics());
        handlers.addAll(cluster());
        handlers.addAll(configs());
        return ApiTable.withVersions(
                handlers,
                apis -> new ApiVersionsHandler(apis, MetadataNode.supportedFeatures(), view));
    }

    private List<ApiHandler> records() {
        return List.of(
                new ProduceHandler(replicas, parts.clock),
                new FetchHandler(replicas, new FetchSessions(parts.clock)),
                new ListOffsetsHandler(replicas, parts.blocking),
                new OffsetForLeaderEpochHandler(replicas, parts.blocking),
                new DeleteRecordsHandler(replicas, parts.blocking),
                new DescribeProducersHandler(replicas),
                new DescribeLogDirsHandler(parts.directory, parts.blocking),
                new InitProducerIdHandler(parts.metadata.producerIds()));
    }

    private List<ApiHandler> topics() {
        TopicCreation creation =
                new TopicCreation(controller, view, parts.properties, parts.topicConfigs);
        MetadataHandler.FirstUse firstUse =
                new MetadataHandler.FirstUse(
                        surroundings.loaded().config().topics().autoCreate(),
                        new AutoTopicCreation(creation),
                        appearance);
        return List.of(
                new MetadataHandler(replicas, firstUse, addressWarning()),
                new DescribeTopicPartitionsHandler(view),
                new CreateTopicsHandler(creation, appearance),
                new CreatePartitionsHandler(controller, view),
                new DeleteTopicsHandler(controller, view),
                new ElectLeadersHandler(controller),
                new AlterPartitionReassignmentsHandler(controller, view),
                new ListPartitionReassignmentsHandler(controller));
    }

    private List<ApiHandler> cluster() {
        return List.of(
                new DescribeClusterHandler(view),
                new DescribeQuorumHandler(controller),
                new UnregisterBrokerHandler(controller),
                new UpdateFeaturesHandler(controller));
    }

    private List<ApiHandler> configs() {
        BrokerConfigs brokers =
                new BrokerConfigs(parts.properties, surroundings.loaded().config().node().id());
        Loggers loggers = new Loggers(surroundings.logLevels());
        ConfigAlteration alteration = new ConfigAlteration(view, brokers, loggers);
        return List.of(
                new DescribeConfigsHandler(view, parts.topicConfigs, brokers, loggers),
                new IncrementalAlterConfigsHandler(controller, alteration),
                new AlterConfigsHandler(controller, alteration),
                new ListConfigResourcesHandler(view, Handlers::configuredGroups));
    }

    private static List<String> configuredGroups(ClusterView view) {
        return view.configuredResources().stream()
                .filter(resource -> resource.type() == ConfigResource.Type.GROUP)
                .map(ConfigResource::name)
                .toList();
    }

    private AdvertisedAddressWarning addressWarning() {
        String host = surroundings.loaded().config().network().advertisedHost();
        return new AdvertisedAddressWarning(
                AdvertisedAddressCheck.of(host, InetAddress::getAllByName));
    }
}
