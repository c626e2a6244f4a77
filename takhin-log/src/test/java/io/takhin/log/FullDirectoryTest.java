package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * A full disk may have no room for a longer name either: ext4 wants another block for a directory
 * of which the last one is used up. What is deleted goes all the same, and at once.
 */
class FullDirectoryTest extends PowerCutFixture {
    private static final long PRODUCER = 7;

    private void fillTheDisk() throws IOException {
        fill(4);
        settle();
        disk().leaveFree(0);
    }

    @Seeded(runs = 1)
    void recordsAreDeleted(RandomGenerator random) throws IOException { // S179
        start(random);
        fillTheDisk();
        List<Long> bases = segments().stream().map(Segment::baseOffset).toList();

        log.advanceLogStart(bases.get(2));

        assertThat(directory.isOnline()).isTrue();
        assertThat(log.segmentCount()).isEqualTo(2);
        try (Stream<Path> files = Files.list(log.directory())) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .filteredOn(name -> name.endsWith(PartitionFiles.LOG))
                    .hasSize(2);
        }
    }

    @Seeded(runs = 1)
    void aTopicIsDeleted(RandomGenerator random) throws IOException { // S179
        start(random);
        fillTheDisk();

        directory.delete(Directories.ORDERS);

        assertThat(directory.isOnline()).isTrue();
        assertThat(log.directory()).doesNotExist();
    }

    /** What they say can be had from the batches. */
    @Seeded(runs = 1)
    void aStartAfterAKillNeedsNoRoomForProducerSnapshots(RandomGenerator random)
            throws IOException {
        start(random);
        begin(PRODUCER);
        fill(3);
        for (Segment segment : segments()) {
            Files.deleteIfExists(PartitionFiles.snapshot(log.directory(), segment.baseOffset()));
        }
        disk().leaveFree(0);

        kill();

        assertThat(log.activeProducers()).hasSize(1);
    }

    /** Or a topic of the same name could take the rest for its own. */
    @Seeded(runs = 50)
    void whatIsLeftOfATopicSaysWhoseItIs(RandomGenerator random) throws IOException {
        start(random);
        fillTheDisk();
        disk().cutPowerAfter(random.nextInt(25));
        try {
            directory.delete(Directories.ORDERS);
        } catch (KafkaStorageException e) {
            assertThat(disk().isOut()).as(e.toString()).isTrue();
        }

        disk().cutPower();
        directory.abandon();
        disk().restart();

        if (Files.exists(log.directory())) {
            try (Stream<Path> files = Files.list(log.directory())) {
                List<String> names = files.map(file -> file.getFileName().toString()).toList();
                assertThat(names.isEmpty() || names.contains(PartitionMetadataFile.NAME))
                        .as(names.toString())
                        .isTrue();
            }
        }
    }
}
