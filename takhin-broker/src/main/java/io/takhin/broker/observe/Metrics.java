package io.takhin.broker.observe;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.DoubleSupplier;

/**
 * All metrics of this broker, under the names that its documentation promises.
 *
 * <p>Threads: any.
 */
public final class Metrics {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final PrometheusTextFormatWriter format = PrometheusTextFormatWriter.create();
    private final RequestMetrics requests = new RequestMetrics(registry);
    private final StorageSeries storage = new StorageSeries(registry);

    /** The disk's figures are read from the file store that holds the data directory. */
    public Metrics(String version, Path dataDir) {
        labelled("takhin_build_info", "Always 1; the label says what runs.", "version")
                .callback(callback -> callback.call(1, version))
                .register(registry);
        gauge(
                "takhin_disk_total_bytes",
                "Size of the file system that holds the data directory.",
                () -> onStore(dataDir, FileStore::getTotalSpace));
        gauge(
                "takhin_disk_used_bytes",
                "Used of it, by whomever.",
                () -> onStore(dataDir, s -> s.getTotalSpace() - s.getUnallocatedSpace()));
        gauge(
                "takhin_jvm_heap_used_bytes",
                "Heap in use, dead objects included.",
                () -> Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
    }

    public RequestMetrics requests() {
        return requests;
    }

    public StorageSeries storage() {
        return storage;
    }

    /** Adds what only a running broker can tell. Called once. */
    public void show(ClusterMetrics cluster, StorageMetrics directory) {
        storage.show(directory);
        show(cluster);
    }

    private void show(ClusterMetrics cluster) {
        gauge(
                "takhin_active_connections",
                "Client connections open now.",
                cluster::activeConnections);
        gauge("takhin_storage_bytes_total", "Bytes of all logs.", cluster::storageBytes);
        gauge("cluster_size", "Registered brokers.", cluster::clusterSize);
        gauge(
                "replica_lag",
                "Records by which the slowest follower of a partition led here is behind.",
                cluster::replicaLagMax);
        gauge(
                "takhin_under_replicated_partitions",
                "Partitions led here that lack an in-sync replica.",
                cluster::underReplicatedPartitions);
        labelled("raft_state", "1 for the part this node has in the quorum.", "role")
                .callback(callback -> callback.call(1, cluster.raftRole()))
                .register(registry);
        labelled(
                        "takhin_consumer_lag_messages",
                        "Records a group has not committed yet, of partitions led here.",
                        "group",
                        "topic",
                        "partition")
                .callback(callback -> tellLags(cluster, callback))
                .register(registry);
    }

    private static void tellLags(ClusterMetrics cluster, GaugeWithCallback.Callback callback) {
        cluster.consumerLags()
                .forEach(lag ->
                        callback.call(
                                (double) lag.messages(),
                                lag.group(),
                                lag.topic(),
                                Integer.toString(lag.partition())));
    }

    /** All series as they are now, in Prometheus's text format. */
    String text() throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream(16 * 1024);
        format.write(text, registry.scrape());
        return text.toString(StandardCharsets.UTF_8);
    }

    private void gauge(String name, String help, DoubleSupplier value) {
        labelled(name, help)
                .callback(callback -> callback.call(value.getAsDouble()))
                .register(registry);
    }

    private static GaugeWithCallback.Builder labelled(String name, String help, String... labels) {
        return GaugeWithCallback.builder().name(name).help(help).labelNames(labels);
    }

    /** A figure of a file store. */
    private interface StoreFigure {
        long of(FileStore store) throws IOException;
    }

    private static long onStore(Path dir, StoreFigure figure) {
        try {
            return figure.of(Files.getFileStore(dir));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
