package io.takhin.broker;

import io.takhin.base.Clock;
import io.takhin.base.Threads;
import io.takhin.base.Timers;
import io.takhin.broker.api.ApiTable;
import io.takhin.broker.config.BrokerConfig;
import io.takhin.broker.config.HostAndPort;
import io.takhin.broker.topicconfig.TopicConfigs;
import io.takhin.broker.topicconfig.UnservedSettings;
import io.takhin.coordinator.GroupCoordination;
import io.takhin.coordinator.GroupLag;
import io.takhin.log.Descriptors;
import io.takhin.log.LogCleaner;
import io.takhin.log.LogDirectory;
import io.takhin.metadata.MetadataNode;
import io.takhin.metadata.MetadataSettings;
import io.takhin.network.BoundSocket;
import io.takhin.network.ConnectionLimit;
import io.takhin.network.EventLoops;
import io.takhin.network.Listener;
import io.takhin.network.ListenerSettings;
import io.takhin.replication.HostedPartitions;
import io.takhin.replication.ReplicaConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The broker, put together: the one place that knows all parts. They are made from the disk upwards
 * and stopped the other way round.
 */
final class Broker implements BrokerProcess {
    private static final Logger log = LoggerFactory.getLogger(Broker.class);
    private static final String LISTENER = "PLAINTEXT";
    private static final long WAIT_EXPIRY_MILLIS = 1000;
    private static final long LEAVE_SECONDS = 6;

    private final Clock clock = Clock.SYSTEM;
    private final Surroundings surroundings;
    private final BrokerConfig config;
    private final CompletableFuture<Throwable> failed = new CompletableFuture<>();
    private final ExecutorService blocking = Threads.virtualExecutor("request");
    private final Timers timers = new Timers("timers");
    private final List<BoundSocket> sockets = new ArrayList<>();
    private final List<Listener> listeners = new ArrayList<>();

    private final LogDirectory directory;
    private final EventLoops loops;
    private final MetadataNode metadata;
    private final HostedPartitions hosted;
    private final LedPartitions led;
    private final GroupCoordination groups;
    private final ApiTable apis;
    private @Nullable LogCleaner cleaner;

    static BrokerProcess start(Surroundings surroundings) throws IOException, InterruptedException {
        Broker broker = new Broker(surroundings);
        broker.start();
        return broker;
    }

    private Broker(Surroundings surroundings) throws IOException {
        this.surroundings = surroundings;
        this.config = surroundings.loaded().config();
        PartSettings settings = new PartSettings(config);
        bind();
        KafkaProperties properties = new KafkaProperties(surroundings.loaded(), advertisedPort());
        TopicConfigs topicConfigs = new TopicConfigs(properties, config.node().id());
        StorageReports reports =
                new StorageReports(surroundings.health(), surroundings.metrics().storage(), clock);
        MetadataSettings metadataSettings =
                settings.metadata(LISTENER, advertisedPort(), properties.asMap());
        MetadataNode.checkDirectory(metadataSettings);
        MetadataNode.makeRoom(metadataSettings);
        directory =
                LogDirectory.open(
                        config.storage().dataDir(),
                        settings.log(topicConfigs.defaults()),
                        clock,
                        reports);
        directory.space().addListener(reports);
        directory.groupCommit().observe(reports);
        metadata =
                MetadataNode.open(
                        metadataSettings,
                        clock,
                        directory.brokerEpochOfCleanStop().orElse(-1),
                        failed::complete,
                        directory::takeOffline);
        loops = EventLoops.start(settings.network(), clock);
        hosted =
                new HostedPartitions(
                        config.node().id(),
                        directory,
                        (topic, view) ->
                                new ReplicaConfig(
                                        topicConfigs.logConfig(view, topic),
                                        topicConfigs.minInSyncReplicas(view, topic)),
                        clock);
        led = new LedPartitions(metadata::view, hosted);
        groups = new GroupCoordination(config.node().id(), settings.groups(), led, clock);
        Handlers handlers =
                new Handlers(
                        surroundings,
                        new Handlers.Parts(
                                metadata,
                                hosted,
                                directory,
                                groups,
                                topicConfigs,
                                properties,
                                blocking,
                                clock));
        metadata.addListener(hosted);
        metadata.addListener(new UnservedSettings());
        handlers.listen();
        metadata.addImageListener(groups::onMetadata);
        apis = handlers.table();
    }

    private void bind() throws IOException {
        for (HostAndPort at : config.network().listeners()) {
            sockets.add(BoundSocket.bind(PartSettings.resolve(at)));
        }
    }

    private int advertisedPort() {
        return config.network()
                .advertisedPort()
                .orElseGet(() -> sockets.getFirst().address().getPort());
    }

    private void start() throws InterruptedException, IOException {
        hosted.addListener(new GroupLeadership(groups));
        directory.onFailure(this::onDiskFailure);
        metadata.start();
        await(metadata.membership().caughtUp());
        hosted.setStraysAside(metadata.view());
        LogCleaner started =
                LogCleaner.start(directory, hosted::highWatermarkOf, cleanerSettings(), clock);
        cleaner = started;
        ConnectionLimit limit = new PartSettings(config).connections(Descriptors.ofProcess());
        for (BoundSocket socket : sockets) {
            listeners.add(listen(socket, limit));
        }
        await(metadata.membership().ready());
        var _ = timers.every(WAIT_EXPIRY_MILLIS, hosted::expireWaits);
        surroundings.metrics().show(metrics(), new DirectoryMetrics(directory, started));
        surroundings.health().ready();
        log.info(
                "broker {} serves clients at {}:{}",
                config.node().id(),
                config.network().advertisedHost(),
                advertisedPort());
    }

    private LogCleaner.Settings cleanerSettings() {
        return new PartSettings(config).cleaner();
    }

    private Listener listen(BoundSocket socket, ConnectionLimit limit) {
        ListenerSettings settings = new ListenerSettings(LISTENER, socket.address(), limit);
        Traffic traffic = new Traffic(surroundings.metrics().requests());
        return Listener.open(loops, settings, socket, apis.announced(), apis, traffic);
    }

    private BrokerMetrics metrics() {
        return new BrokerMetrics(listeners, directory, metadata, new GroupLag(groups, led));
    }

    /** A start may wait for other members of the quorum as long as it takes, or until it fails. */
    private void await(CompletableFuture<Void> step) throws InterruptedException, IOException {
        try {
            var _ = CompletableFuture.anyOf(step, failed.thenApply(this::rethrow)).get();
        } catch (ExecutionException e) {
            throw new IOException("the broker cannot start: " + e.getCause(), e.getCause());
        }
    }

    private Void rethrow(Throwable cause) {
        throw new IllegalStateException(cause);
    }

    private void onDiskFailure() {
        String why = "the data directory failed: " + directory.failure().orElse(null);
        surroundings.health().failing(why);
        // The thread that met the error may hold the log's lock; partitions take it, too.
        blocking.execute(() -> {
            hosted.takeAllOffline(why);
            metadata.membership().directoryOffline(metadata.directoryId());
        });
    }

    @Override
    public CompletableFuture<Throwable> failed() {
        return failed;
    }

    @Override
    public void close() throws IOException {
        leaveCluster();
        listeners.forEach(Listener::close);
        for (BoundSocket socket : sockets) {
            socket.close();
        }
        groups.close();
        timers.close();
        blocking.shutdown();
        loops.close();
        if (cleaner != null) {
            cleaner.close();
        }
        long epoch = metadata.membership().epoch();
        stopMetadata();
        directory.close(epoch);
    }

    /** Clients are sent elsewhere while they are still served here. */
    private void leaveCluster() {
        try {
            metadata.leave().get(LEAVE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            log.warn("the controller was not told that this broker stops", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void stopMetadata() {
        try {
            metadata.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
