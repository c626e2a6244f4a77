package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.SimpleRecord;

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

    /** What compaction puts in the place of a segment has its name when that is to be removed. */
    @Seeded(runs = 1)
    void whatReplacesASegmentStays(RandomGenerator random) throws Exception {
        start(random);
        log.reconfigure(log.config().with().cleanup(Cleanup.compact(0.1, Long.MAX_VALUE)).build());
        for (int i = 0; log.segmentCount() < 4; i++) {
            SimpleRecord record =
                    new SimpleRecord(Batches.NOW, ("k" + i % 3).getBytes(UTF_8), new byte[200]);
            log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT);
        }
        settle();
        // For the new segment and its name, but not for the longer ones of the old segments.
        AtomicInteger syncs = new AtomicInteger();
        disk().gateSyncs(path -> {
            if (path.equals(log.directory())) {
                boolean announced = syncs.incrementAndGet() == 1;
                disk().leaveFree(announced ? 0 : 1 << 20);
            }
        });

        compact();

        awaitRemovals();
        assertThat(log.cleaning().view().segments().getFirst().file().path()).exists();
        assertThat(directory.isOnline()).isTrue();
    }

    /** Of what is to go by now: one comes after the other. */
    private void awaitRemovals() throws InterruptedException {
        CountDownLatch removed = new CountDownLatch(1);
        disk().gateRemovals(path -> {
            if (path.toString().endsWith(PartitionFiles.DELETED_DIRECTORY)) {
                removed.countDown();
            }
        });
        TopicPartition last = new TopicPartition("last", 0);
        directory.open(last, Uuid.ONE_UUID, log.config());
        directory.delete(last);
        assertThat(removed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    private void compact() throws IOException {
        long before = log.sizeInBytes();
        CompactionLook look =
                new CompactionLook(
                        directory,
                        Directories.ALL_VISIBLE,
                        Batches.CLOCK,
                        Directories.unlimited(Batches.CLOCK, 1 << 16));
        look.run();
        assertThat(look.status(log).lastError()).isEmpty();
        assertThat(log.sizeInBytes()).isLessThan(before);
    }

    @Seeded(runs = 1)
    void aTopicIsDeleted(RandomGenerator random) throws IOException { // S179
        start(random);
        fillTheDisk();

        directory.delete(Directories.ORDERS);

        assertThat(directory.isOnline()).isTrue();
        assertThat(log.directory()).doesNotExist();
    }

    /** Or it were not believed, because the first leader epoch starts before it. */
    @Seeded(runs = 20)
    void whereTheLogStartsIsSaidOnceItsEpochsSayTheSame(RandomGenerator random) throws IOException {
        start(random);
        append("a");
        append("b");
        append("c");
        settle();
        disk().leaveFree(0);
        log.advanceLogStart(2);
        directory.groupCommit().commitAndWait(List.of(log));
        assertThat(log.durability().isStartBehind()).isTrue();
        disk().leaveFree(1 << 20);
        log.files().checkpoint(Long.MAX_VALUE);
        directory.writeCheckpoints();
        Path starts = directory.root().resolve(OffsetCheckpoint.LOG_STARTS);
        assertThat(OffsetCheckpoint.read(starts)).isEmpty();
        assertThat(log.durability().isStartBehind()).isTrue();

        directory.groupCommit().commitAndWait(List.of(log));
        directory.writeCheckpoints();
        cutPower();

        assertThat(log.logStartOffset()).isEqualTo(2);
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
    @Seeded(runs = 200)
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
