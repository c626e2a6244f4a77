package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.takhin.metadata.StopSnapshot.Progress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.image.loader.LogDeltaManifest;
import org.apache.kafka.raft.LeaderAndEpoch;
import org.apache.kafka.server.common.OffsetAndEpoch;
import org.junit.jupiter.api.Test;

/** What is committed and what is applied differ when a stop writes its snapshot. */
class StopSnapshotWaitTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final long SEEN = StopSnapshot.RECORDS_MIN;
    private static final long COMMITTED = SEEN + 10;

    private final AppliedOffset applied = new AppliedOffset();

    /** Last offsets of the images that were written. */
    private final List<Long> written = new CopyOnWriteArrayList<>();

    @Test
    void whatIsCommittedIsAwaitedBeforeItIsWritten() throws Exception {
        StopSnapshot snapshot = snapshot(LONG);
        apply(snapshot, SEEN);
        FutureTask<Void> writing = write(snapshot);
        Thread stop = Thread.ofPlatform().name("stop").start(writing);
        await().until(() -> stop.getState() == Thread.State.TIMED_WAITING || writing.isDone());
        assertThat(written).isEmpty();

        apply(snapshot, COMMITTED - 1);
        assertThat(written).isEmpty();
        apply(snapshot, COMMITTED);

        writing.get();
        assertThat(written).containsExactly(COMMITTED);
    }

    @Test
    void whatIsNotAppliedInTimeDoesNotHoldUpTheStop() throws Exception {
        StopSnapshot snapshot = snapshot(Duration.ZERO);
        apply(snapshot, SEEN);

        snapshot.write();

        assertThat(written).containsExactly(SEEN);
    }

    private StopSnapshot snapshot(Duration appliedWithin) {
        Progress progress =
                new Progress() {
                    @Override
                    public OptionalLong highWatermark() {
                        return OptionalLong.of(COMMITTED + 1);
                    }

                    @Override
                    public Optional<OffsetAndEpoch> latestSnapshot() {
                        return Optional.empty();
                    }
                };
        return new StopSnapshot(
                image -> written.add(image.offset()), progress, applied, appliedWithin);
    }

    private static FutureTask<Void> write(StopSnapshot snapshot) {
        return new FutureTask<>(() -> {
            snapshot.write();
            return null;
        });
    }

    /** As the metadata loader does: first this publisher, then the view. */
    private void apply(StopSnapshot snapshot, long offset) {
        MetadataProvenance provenance = new MetadataProvenance(offset, 1, 0, true);
        MetadataDelta delta = new MetadataDelta.Builder().build();
        LogDeltaManifest manifest =
                LogDeltaManifest.newBuilder()
                        .provenance(provenance)
                        .leaderAndEpoch(LeaderAndEpoch.UNKNOWN)
                        .numBatches(1)
                        .elapsedNs(1)
                        .numBytes(1)
                        .build();
        snapshot.onMetadataUpdate(delta, delta.apply(provenance), manifest);
        applied.advance(offset);
    }
}
