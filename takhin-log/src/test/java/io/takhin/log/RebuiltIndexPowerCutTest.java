package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Indexes that a start made anew are believed by the next one, so they are whole on the disk. */
class RebuiltIndexPowerCutTest extends PowerCutFixture {
    private Path index() {
        return PartitionFiles.offsetIndex(log.directory(), 0);
    }

    /** Returns what the index of the first one has. */
    private byte[] writeTwoSegments(RandomGenerator random) throws IOException {
        start(random);
        fill(2);
        append("behind");
        settle();
        byte[] whole = Files.readAllBytes(index());
        assertThat(whole).isNotEmpty();
        return whole;
    }

    @Seeded(runs = 30)
    void whatWasMissingBelowTheRecoveryPoint(RandomGenerator random) throws IOException {
        byte[] whole = writeTwoSegments(random);
        Files.delete(index());
        DurablePaths.sync(log.directory());
        kill();

        cutPower();

        assertThat(index()).hasBinaryContent(whole);
    }

    @Seeded(runs = 30)
    void ofASegmentThatEndsAtTheRecoveryPoint(RandomGenerator random) throws IOException {
        byte[] whole = writeTwoSegments(random);
        Files.delete(index());
        DurablePaths.sync(log.directory());
        directory.abandon();
        OffsetCheckpoint.write(
                disk().root().resolve("data").resolve("recovery-point-offset-checkpoint"),
                Map.of(Directories.ORDERS, segments().getLast().baseOffset()));
        kill();
        append("more");
        settle();

        cutPower();

        assertThat(index()).hasBinaryContent(whole);
    }
}
