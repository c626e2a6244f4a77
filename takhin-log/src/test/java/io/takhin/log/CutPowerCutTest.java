package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.CleanerOffsets;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;

/** What a follower cut off does not stay in between of what it wrote then. */
class CutPowerCutTest extends PowerCutFixture {
    @Seeded(runs = 100)
    void nothingThatWasCutOffStaysBeforeWhatWasWrittenBehindTheCut(RandomGenerator random)
            throws IOException {
        start(random);
        append("first");
        append("a" + "x".repeat(600));
        append("b" + "x".repeat(600));
        settle();
        truncateTo(1);
        append("c" + "x".repeat(600));
        append("d" + "x".repeat(600));

        cutPower();

        assertThat(Batches.all(log).stream().map(each -> each.charAt(2)).toList())
                .isIn(
                        List.of('f'),
                        List.of('f', 'a'),
                        List.of('f', 'a', 'b'),
                        List.of('f', 'c'),
                        List.of('f', 'c', 'd'));
    }

    /** A power cut may leave the next segment, and the old size of the one that was cut. */
    @Seeded(runs = 1)
    void aMarkerThatWasCutOffEndsNothing(RandomGenerator random) throws IOException {
        start(random);
        begin(7);
        append("x".repeat(1200));
        rollBack(7);
        settle();
        Path first = PartitionFiles.log(log.directory(), 0);
        byte[] whole = Files.readAllBytes(first);
        truncateTo(2);
        append("x".repeat(400));
        assertThat(segments()).hasSize(2).last().returns(2L, Segment::baseOffset);
        Files.write(first, whole);
        Files.delete(PartitionFiles.snapshot(log.directory(), 2));

        kill();

        boolean back = Batches.batchesOf(log).getLast().isControlBatch();
        assertThat(log.lastStableOffset(3)).isEqualTo(back ? 3 : 0);
    }

    /** Where any gap may be compaction's, a start finds out by what it cuts off itself. */
    @Seeded(runs = 10)
    void ofALogThatIsTornInTheMiddleNothingBehindItComesBack(RandomGenerator random)
            throws IOException {
        boolean early = true;
        for (int changes = 0; early; changes++) {
            start(random);
            fill(4);
            log.flush();
            Path root = disk().root().resolve("data");
            Path cleaned = root.resolve(CleanerOffsets.NAME);
            Files.writeString(cleaned, "damaged");
            DurablePaths.sync(cleaned);
            DurablePaths.sync(root);
            Segment torn = segments().get(1);
            Path file = PartitionFiles.log(log.directory(), torn.baseOffset());
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length - 1] ^= 1;
            Files.write(file, bytes);
            DurablePaths.sync(file);
            long end = segments().get(2).baseOffset() - 1;

            early = killAndCutPowerAfter(changes);

            assertThat(log.logEndOffset()).as("cut after %d", changes).isEqualTo(end);
            assertThat(Batches.bases(log)).hasSize((int) end);
            directory.abandon();
        }
    }
}
