package io.takhin.broker.observe;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;

/**
 * The series about the data directory.
 *
 * <p>Threads: any.
 */
public final class StorageSeries {
    private static final double NANOS_PER_SECOND = 1e9;

    /** Seconds: a fast disk's sync is a quarter of a millisecond, a bad one's is seconds. */
    private static final double[] BOUNDS = {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5
    };

    private final PrometheusRegistry registry;
    private final Histogram flushes;
    private final AtomicInteger recovered = new AtomicInteger();
    private final AtomicInteger toRecover = new AtomicInteger();

    StorageSeries(PrometheusRegistry registry) {
        this.registry = registry;
        flushes =
                Histogram.builder()
                        .name("takhin_storage_flush_duration_seconds")
                        .help("Time to make records durable, by where they were made so.")
                        .labelNames("target")
                        .classicOnly()
                        .classicUpperBounds(BOUNDS)
                        .withoutExemplars()
                        .register(registry);
        gauge(
                "takhin_storage_recovery_partitions",
                "Partitions to be read back at the start.",
                toRecover::get);
        gauge(
                "takhin_storage_recovery_partitions_done",
                "Partitions that have been read back since.",
                recovered::get);
    }

    /** Records were made durable. */
    public void flushed(String target, long nanos) {
        flushes.labelValues(target).observe(nanos / NANOS_PER_SECOND);
    }

    /** How far the start has come. */
    public void readBack(int done, int total) {
        toRecover.set(total);
        recovered.set(done);
    }

    void show(StorageMetrics storage) {
        gauge(
                "takhin_storage_directory_online",
                "1 while the data directory works, 0 once its disk has failed.",
                () -> storage.isOnline() ? 1 : 0);
        gauge(
                "takhin_storage_read_only",
                "1 while produce is refused because the disk is nearly full.",
                () -> storage.isReadOnly() ? 1 : 0);
        gauge(
                "takhin_storage_unflushed_bytes",
                "Bytes of batches that a power cut would take.",
                () -> storage.unflushed().bytes());
        gauge(
                "takhin_storage_unflushed_logs",
                "Partitions that have such batches.",
                () -> storage.unflushed().logs());
        CounterWithCallback.builder()
                .name("takhin_storage_damaged_batches_total")
                .help("Batches found on the disk that are not what was written.")
                .callback(callback -> callback.call((double) storage.damagedBatches()))
                .register(registry);
        labelled(
                        "takhin_storage_partitions",
                        "Partitions hosted here, by what acks=all waits for.",
                        "flush_policy")
                .callback(callback ->
                        storage.partitionsByFlushPolicy()
                                .forEach((policy, count) -> callback.call(count, policy)))
                .register(registry);
        showTopics(storage);
        showCompactions(storage);
        showPartitions(storage);
    }

    private void showTopics(StorageMetrics storage) {
        topic(storage, "takhin_topic_partitions", "Partitions hosted here.", t -> t.partitions());
        topic(storage, "takhin_topic_segments", "Segments of those.", t -> t.segments());
        topic(storage, "takhin_topic_bytes", "Bytes of those segments.", t -> (double) t.bytes());
    }

    private void showCompactions(StorageMetrics storage) {
        labelled("takhin_topic_compaction_dirty_bytes", "Bytes that wait to be compacted.", "topic")
                .callback(callback ->
                        storage.compactions()
                                .forEach(one ->
                                        callback.call((double) one.dirtyBytes(), one.topic())))
                .register(registry);
        labelled(
                        "takhin_topic_compaction_overdue_seconds",
                        "By how much max.compaction.lag.ms is exceeded.",
                        "topic")
                .callback(callback ->
                        storage.compactions()
                                .forEach(one ->
                                        callback.call((double) one.overdueSeconds(), one.topic())))
                .register(registry);
        labelled(
                        "takhin_topic_compaction_failed_partitions",
                        "Partitions that are not compacted any more, by the error.",
                        "topic",
                        "error")
                .callback(callback ->
                        storage.compactions()
                                .forEach(one ->
                                        one.failed()
                                                .forEach((error, count) ->
                                                        callback.call(count, one.topic(), error))))
                .register(registry);
    }

    private void topic(
            StorageMetrics storage,
            String name,
            String help,
            ToDoubleFunction<StorageMetrics.TopicStorage> figure) {
        labelled(name, help, "topic")
                .callback(callback ->
                        storage.topics()
                                .forEach(one ->
                                        callback.call(figure.applyAsDouble(one), one.topic())))
                .register(registry);
    }

    private void showPartitions(StorageMetrics storage) {
        partition(
                storage,
                "takhin_partition_log_start_offset",
                "First offset that can be read.",
                p -> (double) p.startOffset());
        partition(
                storage,
                "takhin_partition_log_end_offset",
                "Offset of the next record.",
                p -> (double) p.endOffset());
        partition(storage, "takhin_partition_bytes", "Bytes of the log.", p -> (double) p.bytes());
        partition(storage, "takhin_partition_segments", "Segments.", p -> p.segments());
    }

    private void partition(
            StorageMetrics storage,
            String name,
            String help,
            ToDoubleFunction<StorageMetrics.PartitionStorage> figure) {
        labelled(name, help, "topic", "partition")
                .callback(callback ->
                        storage.partitions()
                                .forEach(one ->
                                        callback.call(
                                                figure.applyAsDouble(one),
                                                one.topic(),
                                                Integer.toString(one.partition()))))
                .register(registry);
    }

    private void gauge(String name, String help, DoubleSupplier value) {
        labelled(name, help)
                .callback(callback -> callback.call(value.getAsDouble()))
                .register(registry);
    }

    private static GaugeWithCallback.Builder labelled(String name, String help, String... labels) {
        return GaugeWithCallback.builder().name(name).help(help).labelNames(labels);
    }
}
