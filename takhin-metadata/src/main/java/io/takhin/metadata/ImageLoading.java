package io.takhin.metadata;

import io.takhin.metadata.MetadataSettings.Timing;
import io.takhin.metadata.RaftNode.Surroundings;
import org.apache.kafka.image.loader.MetadataLoader;
import org.apache.kafka.image.publisher.SnapshotEmitter;
import org.apache.kafka.image.publisher.SnapshotGenerator;

/** Kafka's readers of the metadata log: what makes images of it, and snapshots of images. */
final class ImageLoading {
    private ImageLoading() {}

    static MetadataLoader loader(
            MetadataSettings settings, RaftNode raft, Surroundings surroundings) {
        return new MetadataLoader.Builder()
                .setNodeId(settings.nodeId())
                .setTime(surroundings.time())
                .setThreadNamePrefix("metadata-" + settings.nodeId() + "-")
                // A broker whose metadata stands still would serve yesterday's leaders.
                .setFaultHandler(surroundings.faults().fatal())
                .setHighWaterMarkAccessor(raft.client()::highWatermark)
                .build();
    }

    static SnapshotEmitter emitter(
            MetadataSettings settings, RaftNode raft, Surroundings surroundings) {
        return new SnapshotEmitter.Builder()
                .setNodeId(settings.nodeId())
                .setTime(surroundings.time())
                .setRaftClient(raft.client())
                .build();
    }

    static SnapshotGenerator snapshots(
            SnapshotEmitter emitter, MetadataSettings settings, Surroundings surroundings) {
        Timing timing = settings.timing();
        return new SnapshotGenerator.Builder(emitter)
                .setNodeId(settings.nodeId())
                .setTime(surroundings.time())
                .setFaultHandler(surroundings.faults().survivable())
                .setMaxBytesSinceLastSnapshot(timing.snapshotBytes())
                .setMaxTimeSinceLastSnapshotNs(timing.snapshotAge().toNanos())
                .setThreadNamePrefix("snapshot-" + settings.nodeId() + "-")
                .build();
    }
}
