package io.takhin.broker;

import io.takhin.base.Clock;
import io.takhin.base.Threads;
import io.takhin.base.Timers;
import io.takhin.broker.api.ApiTable;
import io.takhin.broker.config.BrokerConfig;
import io.takhin.broker.config.HostAndPort;
import io.takhin.broker.observe.Health;
import io.takhin.broker.topicconfig.TopicConfigs;
import io.takhin.coordinator.GroupCoordination;
import io.takhin.coordinator.GroupLag;
import io.takhin.log.LogDirectory;
import io.takhin.metadata.ClusterView;
import io.takhin.metadata.MetadataNode;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The broker, put together: this is the one place that knows all parts. They are made from the disk
 * upwards and stopped the other way round.
 */
final class Broker implements BrokerProcess {
    private static final Logger log = LoggerFactory.getLogger(Broker.class);
    private static final String LISTENER = "PLAINTEXT";
    private static final long WAIT_EXPIRY_MILLIS = 1000;
    private static final long LEAVE_SECONDS = 6;

    private final Clock clock = Clock.SYSTEM;
    private final BrokerConfig config;
    private final Surroundings surroundings;
    private final CompletableFuture<Throwable> failed = new CompletableFuture<>();
    private final ExecutorService blocking = Threads.virtualExecutor("request");
    private final Timers timers = new Timers("timers");

    private final LogDirectory directory;
    private final EventLoops loops;
    private final Handlers handlers;
    private final List<Listener> listeners = new ArrayList<>();
    private final MetadataNode metadata;
    private final HostedPartitions hosted;
    private final GroupCoordination groups;
}
