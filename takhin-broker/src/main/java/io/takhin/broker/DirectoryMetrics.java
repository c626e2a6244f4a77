package io.takhin.broker;

import io.takhin.broker.observe.StorageMetrics;
import io.takhin.log.FlushBacklog;
import io.takhin.log.LogDirectory;
import io.takhin.log.PartitionLog;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the data directory says when it is asked for figures.
 *
 * <p>Threads: any.
 */
final class DirectoryMetrics implements StorageMetrics {
    /** With more partitions than this, only their topics are shown: a scrape has its limits. */
    private static final int PARTITIONS_MAX = 2000;

    private final LogDirectory directory;

    DirectoryMetrics(LogDirectory directory) {
        this.directory = directory;
    }

    @Override
    public boolean isOnline() {
        return directory.isOnline();
    }

    @Override
    public boolean isReadOnly() {
        return directory.space().isReadOnly();
    }

    @Override
    public long damagedBatches() {
        return directory.damagedBatches();
    }

    @Override
    public Unflushed unflushed() {
        FlushBacklog backlog = directory.groupCommit().backlog();
        return new Unflushed(backlog.dirtyLogs(), backlog.dirtyBytes());
    }

    @Override
    public Map<String, Integer> partitionsByFlushPolicy() {
        Map<String, Integer> counts = new TreeMap<>();
        for (PartitionLog log : directory.logs()) {
            String policy = log.config().flushPolicy().name().toLowerCase(Locale.ROOT);
            counts.merge(policy, 1, Integer::sum);
        }
        return counts;
    }

    @Override
    public Collection<TopicStorage> topics() {
        Map<String, TopicStorage> topics = new TreeMap<>();
        for (PartitionLog log : directory.logs()) {
            String topic = log.topicPartition().topic();
            TopicStorage one = new TopicStorage(topic, 1, log.segmentCount(), log.sizeInBytes());
            topics.merge(topic, one, DirectoryMetrics::together);
        }
        return topics.values();
    }

    private static TopicStorage together(TopicStorage a, TopicStorage b) {
        return new TopicStorage(
                a.topic(),
                a.partitions() + b.partitions(),
                a.segments() + b.segments(),
                a.bytes() + b.bytes());
    }

    @Override
    public Collection<PartitionStorage> partitions() {
        Collection<PartitionLog> logs = directory.logs();
        if (logs.size() > PARTITIONS_MAX) {
            return List.of();
        }
        return logs.stream()
                .map(log ->
                        new PartitionStorage(
                                log.topicPartition().topic(),
                                log.topicPartition().partition(),
                                log.logStartOffset(),
                                log.logEndOffset(),
                                log.sizeInBytes(),
                                log.segmentCount()))
                .toList();
    }
}
