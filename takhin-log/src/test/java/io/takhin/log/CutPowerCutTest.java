package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

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
}
