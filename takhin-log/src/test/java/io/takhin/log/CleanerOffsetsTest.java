package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.checkpoint.CleanerOffsets;
import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.ShortageException;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Kafka's file of how far logs are compacted must not say too much. */
class CleanerOffsetsTest {
    private static final TopicPartition KEPT = new TopicPartition("kept", 0);
    private static final TopicPartition GONE = new TopicPartition("gone", 0);

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path root = disk.root().resolve("data");

    @BeforeEach
    void make() throws IOException {
        DurablePaths.createDirectories(root);
    }

    private Map<TopicPartition, Long> read() throws IOException {
        return OffsetCheckpoint.read(root.resolve(CleanerOffsets.NAME));
    }

    private void kafkaWrote(Map<TopicPartition, Long> offsets) throws IOException {
        OffsetCheckpoint.write(root.resolve(CleanerOffsets.NAME), offsets);
    }

    @Test
    void aFullDiskKeepsTheFile() throws IOException {
        kafkaWrote(Map.of(KEPT, 10L, GONE, 10L));
        CleanerOffsets offsets = new CleanerOffsets(root);
        disk.leaveFree(1);

        assertThatThrownBy(() -> offsets.lower(GONE, 0)).isInstanceOf(ShortageException.class);

        assertThat(read()).containsOnly(Map.entry(KEPT, 10L), Map.entry(GONE, 10L));
        disk.leaveFree(1 << 20);
        offsets.catchUp();
        assertThat(read()).containsExactly(Map.entry(KEPT, 10L));
    }

    @Test
    void aDamagedFileIsReplacedAlsoByNothing() throws IOException {
        Files.writeString(root.resolve(CleanerOffsets.NAME), "nonsense");
        CleanerOffsets offsets = new CleanerOffsets(root);
        assertThat(offsets.areKnown()).isFalse();

        offsets.catchUp();

        assertThat(new CleanerOffsets(root).areKnown()).isTrue();
    }

    @Test
    void whatAPowerCutMayBringBackIsWrittenAgain() throws IOException {
        kafkaWrote(Map.of(KEPT, 25L));
        CleanerOffsets offsets = new CleanerOffsets(root);

        offsets.lower(KEPT, 20);
        disk.cutPower();
        disk.restart();

        assertThat(read()).containsExactly(Map.entry(KEPT, 20L));
    }
}
