package io.takhin.metadata;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.loader.LoaderManifest;
import org.apache.kafka.image.publisher.MetadataPublisher;
import org.apache.kafka.image.publisher.SnapshotGenerator;
import org.apache.kafka.raft.RaftClient;
import org.apache.kafka.server.common.OffsetAndEpoch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A snapshot of the metadata at a clean stop (KIP-630), when much was written since the last one:
 * the next start reads the state instead of all changes that led to it. It is of use and never
 * needed: whatever goes wrong, the log has everything, and a snapshot counts only when it is whole
 * and on the disk.
 *
 * <p>Threads: told of images on the metadata loader's; {@link #write} by whoever stops the node.
 */
final class StopSnapshot implements MetadataPublisher {
    /** To read fewer takes no longer than to write a snapshot. */
    static final int RECORDS_MIN = 500;

    /** A stop waits no longer than this for what is committed. */
    static final Duration APPLIED_WITHIN = Duration.ofSeconds(2);

    private static final Logger log = LoggerFactory.getLogger(StopSnapshot.class);

    private final SnapshotGenerator.Emitter emitter;
    private final Progress progress;
    private final AppliedOffset applied;
    private final Duration appliedWithin;

    /** What the quorum has of the metadata log. */
    interface Progress {
        /** Behind the last committed record; unknown without a leader. */
        OptionalLong highWatermark();

        /** Offset behind the last record in it. */
        Optional<OffsetAndEpoch> latestSnapshot();

        static Progress of(RaftClient<?> raft) {
            return new Progress() {
                @Override
                public OptionalLong highWatermark() {
                    return raft.highWatermark();
                }

                @Override
                public Optional<OffsetAndEpoch> latestSnapshot() {
                    return raft.latestSnapshotId();
                }
            };
        }
    }

    /** The last one that does not end within a batch. */
    private volatile MetadataImage image = MetadataImage.EMPTY;

    /**
     * @param emitter writes a snapshot of an image
     * @param applied tells when an image has been seen
     * @param appliedWithin bounds the wait for that
     */
    StopSnapshot(
            SnapshotGenerator.Emitter emitter,
            Progress progress,
            AppliedOffset applied,
            Duration appliedWithin) {
        this.emitter = emitter;
        this.progress = progress;
        this.applied = applied;
        this.appliedWithin = appliedWithin;
    }

    @Override
    public String name() {
        return "StopSnapshot";
    }

    @Override
    public void onMetadataUpdate(MetadataDelta delta, MetadataImage next, LoaderManifest manifest) {
        if (manifest.provenance().isOffsetBatchAligned()) {
            image = next;
        }
    }

    /** Writes one if it is worth it. The node must still be in the quorum. */
    void write() throws InterruptedException {
        awaitApplied(progress.highWatermark());
        MetadataImage last = image;
        long before = progress.latestSnapshot().map(OffsetAndEpoch::offset).orElse(0L);
        if (last.offset() + 1 - before < RECORDS_MIN) {
            return;
        }
        try {
            emitter.maybeEmit(last);
            log.info("snapshot of the metadata written offset={}", last.offset());
        } catch (RuntimeException e) { // Kafka's signature says no more than this
            log.warn("no snapshot of the metadata was written; the next start takes longer", e);
        }
    }

    @Override
    public void close() {}

    /** Every partition this broker led has just changed: that should be in it. */
    private void awaitApplied(OptionalLong highWatermark) throws InterruptedException {
        if (highWatermark.isEmpty()) {
            return;
        }
        try {
            applied.reached(highWatermark.getAsLong() - 1)
                    .get(appliedWithin.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException _) {
            log.debug("what is committed was not read in time, the snapshot will be older");
        }
    }
}
