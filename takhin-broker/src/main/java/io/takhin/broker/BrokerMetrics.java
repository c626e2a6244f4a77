package io.takhin.broker;

import io.takhin.broker.observe.ClusterMetrics;
import io.takhin.coordinator.GroupLag;
import io.takhin.log.LogDirectory;
import io.takhin.log.PartitionLog;
import io.takhin.metadata.MetadataNode;
import io.takhin.network.Listener;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the parts of the broker say when they are asked for figures. */
final class BrokerMetrics implements ClusterMetrics {
    private static final Logger log = LoggerFactory.getLogger(BrokerMetrics.class);

    /** So many series a scrape can still swallow. */
    private static final int LAGS_MAX = 50_000;

    private static final long LAG_TIMEOUT_SECONDS = 5;

    private final List<Listener> listeners;
    private final LogDirectory directory;
    private final MetadataNode metadata;
    private final GroupLag lag;

    BrokerMetrics(
            List<Listener> listeners, LogDirectory directory, MetadataNode metadata, GroupLag lag) {
        this.listeners = listeners;
        this.directory = directory;
        this.metadata = metadata;
        this.lag = lag;
    }

    @Override
    public int activeConnections() {
        return listeners.stream().mapToInt(Listener::connections).sum();
    }

    @Override
    public long storageBytes() {
        return directory.logs().stream().mapToLong(PartitionLog::sizeInBytes).sum();
    }

    @Override
    public String raftRole() {
        return metadata.quorum().status().role().label();
    }

    @Override
    public int clusterSize() {
        return metadata.view().brokers().size();
    }

    /** A partition has one replica: nobody can lag. */
    @Override
    public long replicaLagMax() {
        return 0;
    }

    @Override
    public int underReplicatedPartitions() {
        return 0;
    }

    @Override
    public Collection<ConsumerLag> consumerLags() {
        try {
            return lag.measure(LAGS_MAX).get(LAG_TIMEOUT_SECONDS, TimeUnit.SECONDS).stream()
                    .map(one ->
                            new ConsumerLag(
                                    one.group(), one.topic(), one.partition(), one.messages()))
                    .toList();
        } catch (ExecutionException | TimeoutException e) {
            log.debug("consumer lag is not known now", e);
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }
}
