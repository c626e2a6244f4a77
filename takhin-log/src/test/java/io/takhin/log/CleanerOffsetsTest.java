package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.checkpoint.CleanerOffsets;
import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two files that must not both forget what explains gaps, nor one of them say too much. */
class CleanerOffsetsTest {
    private static final TopicPartition KEPT = new TopicPartition("kept", 0);
    private static final TopicPartition GONE = new TopicPartition("gone", 0);

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path root = disk.root().resolve("data");

    @BeforeEach
    void make() throws IOException {
        Files.createDirectory(root);
    }

    private Map<TopicPartition, Long> read(String name) throws IOException {
        return OffsetCheckpoint.read(root.resolve(name));
    }

    private void kafkaWrote(Map<TopicPartition, Long> offsets) throws IOException {
        OffsetCheckpoint.write(root.resolve(CleanerOffsets.NAME), offsets);
    }

    @Test
    void whatKafkaCompactedExplainsGaps() throws IOException {
        kafkaWrote(Map.of(KEPT, 10L));

        CleanerOffsets offsets = new CleanerOffsets(root);

        assertThat(offsets.gapsBelow(KEPT)).isEqualTo(10);
        assertThat(offsets.areGapsKnown()).isTrue();
    }

    @Test
    void whatARunMayTakeIsNotTakenForCompacted() throws IOException {
        kafkaWrote(Map.of(KEPT, 10L));

        new CleanerOffsets(root).expectGaps(() -> Map.of(KEPT, 25L));

        CleanerOffsets next = new CleanerOffsets(root);
        assertThat(next.of(KEPT)).isEqualTo(10);
        assertThat(next.gapsBelow(KEPT)).isEqualTo(25);
        assertThat(read(CleanerOffsets.NAME)).containsExactly(Map.entry(KEPT, 10L));
    }

    @Test
    void aRunThatBeginsEarlierTakesNothingBack() throws IOException {
        CleanerOffsets offsets = new CleanerOffsets(root);
        offsets.expectGaps(() -> Map.of(KEPT, 25L));

        offsets.expectGaps(() -> Map.of(KEPT, 20L));

        assertThat(new CleanerOffsets(root).gapsBelow(KEPT)).isEqualTo(25);
    }

    @Test
    void onAFullDiskKafkasFileGoesWhenTheOtherOneSaysAsMuch() throws IOException {
        kafkaWrote(Map.of(KEPT, 10L, GONE, 10L));
        CleanerOffsets offsets = new CleanerOffsets(root);
        offsets.catchUp();
        disk.leaveFree(1);

        offsets.lower(GONE, 0);

        assertThat(root.resolve(CleanerOffsets.NAME)).doesNotExist();
        assertThat(new CleanerOffsets(root).gapsBelow(KEPT)).isEqualTo(10);
    }

    @Test
    void onAFullDiskKafkasFileStaysWhereNothingElseExplainsGaps() throws IOException {
        kafkaWrote(Map.of(KEPT, 10L, GONE, 10L));
        CleanerOffsets offsets = new CleanerOffsets(root);
        disk.leaveFree(1);

        assertThatThrownBy(() -> offsets.lower(GONE, 0)).hasMessageContaining("No space left");

        assertThat(read(CleanerOffsets.NAME)).containsEntry(KEPT, 10L);
    }

    @Test
    void aDamagedFileIsNotReplacedBeforeTheOtherOneSaysWhatItMayHaveSaid() throws IOException {
        Files.writeString(root.resolve(CleanerOffsets.NAME), "nonsense");
        CleanerOffsets offsets = new CleanerOffsets(root);
        assertThat(offsets.areGapsKnown()).isFalse();
        offsets.acceptGaps(KEPT, 40);

        offsets.set(() -> Map.of(GONE, 10L));

        assertThat(read(CleanerOffsets.GAPS)).containsEntry(KEPT, 40L);
        assertThat(new CleanerOffsets(root).areGapsKnown()).isTrue();
    }

    @Test
    void aDamagedFileIsReplacedAlsoByNothing() throws IOException {
        Files.writeString(root.resolve(CleanerOffsets.NAME), "nonsense");

        new CleanerOffsets(root).catchUp();

        assertThat(new CleanerOffsets(root).areGapsKnown()).isTrue();
    }

    @Test
    void ofALogThatEndsBeforeItsEntryOnlyGapsAreBelieved() throws IOException {
        CleanerOffsets offsets = new CleanerOffsets(root);
        offsets.expectGaps(() -> Map.of(KEPT, 25L));
        offsets.set(() -> Map.of(KEPT, 25L));

        offsets.drop(KEPT, 20);

        CleanerOffsets next = new CleanerOffsets(root);
        assertThat(next.of(KEPT)).isZero();
        assertThat(next.gapsBelow(KEPT)).isEqualTo(20);
    }
}
