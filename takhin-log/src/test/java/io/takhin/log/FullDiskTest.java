package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.SmallDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a log does on a real file system that has no space left. */
class FullDiskTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final LogConfig CONFIG = Batches.config(20_000, 200);

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final List<String> written = new ArrayList<>();
    private SmallDisk disk;
    private LogDirectory directory;
    private PartitionLog log;
    private int sequence;

    @BeforeEach
    void mount(@TempDir Path at) throws IOException, InterruptedException {
        disk = SmallDisk.mount(at, 4);
        open();
    }

    @AfterEach
    void unmount() throws InterruptedException {
        directory.close();
        disk.unmount();
    }

    private void open() throws IOException {
        LogDirectorySettings settings = Directories.settings(CONFIG, 1);
        directory = LogDirectory.open(disk.root().resolve("data"), settings, clock);
        log = directory.open(PARTITION, Uuid.ONE_UUID, CONFIG);
    }

    private Append append(String value, int epoch) {
        ByteBuffer batch = Batches.idempotent(5, 0, sequence, value);
        Append outcome = log.appendAsLeader(batch, epoch, Origin.CLIENT);
        if (outcome instanceof Append.Done) {
            written.add(sequence + "=" + value);
            sequence++;
        }
        return outcome;
    }

    private void appendUntilRefused(RandomGenerator random) {
        for (int i = 0; i < 10_000; i++) {
            String value = "v".repeat(1 + random.nextInt(3000));
            if (append(value, i / 50) instanceof Append.Refused refused) {
                assertThat(refused.error()).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
                return;
            }
        }
        throw new AssertionError("the disk did not become full");
    }

    @Seeded(runs = 10)
    void aRefusedAppendLeavesNothingBehind(RandomGenerator random) throws IOException { // S179
        disk.fillUpTo(100_000 + random.nextInt(100_000));

        for (int i = 0; i < 5; i++) {
            appendUntilRefused(random);
        }

        assertThat(Batches.all(log)).isEqualTo(written);
        assertThat(log.activeProducers().getFirst().lastSequence()).isEqualTo(sequence - 1);
        assertThat(directory.isOnline()).isTrue();
        disk.empty();
        assertThat(append("after", 500)).isInstanceOf(Append.Done.class);
        log.flush();
        directory.abandon();
        open();
        assertThat(Batches.all(log)).isEqualTo(written);
        directory.close();
        try (KafkaLog kafka = KafkaLog.open(log.directory(), CONFIG, true)) {
            assertThat(kafka.all()).isEqualTo(written);
        }
    }

    @Test
    void recordsCanBeDeletedOnAFullDiskAndThenThereIsSpace() throws IOException { // S179
        disk.fillUpTo(100_000);
        appendUntilRefused(RandomGenerator.getDefault());

        log.advanceLogStart(log.logEndOffset() - 1);

        assertThat(log.logStartOffset()).isEqualTo(log.logEndOffset() - 1);
        assertThat(directory.isOnline()).isTrue();
    }

    @Test
    void aStopOnAFullDiskKeepsAllThatWasWritten() throws IOException {
        disk.fillUpTo(100_000);
        appendUntilRefused(RandomGenerator.getDefault());

        directory.close();
        open();

        assertThat(directory.brokerEpochOfCleanStop()).isEmpty();
        assertThat(Batches.all(log)).isEqualTo(written);
    }

    @Test
    void checkpointsThatFindNoSpaceAreWrittenLater() throws IOException {
        append("a", 1);
        log.flush();
        disk.fillUpTo(0);

        log.files().checkpoint(0);
        log.flush();
        assertThat(directory.isOnline()).isTrue();
        disk.empty();
        log.files().checkpoint(0);

        assertThat(Files.exists(PartitionFiles.snapshot(log.directory(), 1))).isTrue();
    }

    @Test
    void aTopicThatFindsNoSpaceCostsNoOtherItsDisk() throws IOException {
        append("a", 1);
        disk.fillUpTo(0);

        try {
            directory.open(new TopicPartition("new", 0), Uuid.randomUuid(), CONFIG);
        } catch (org.apache.kafka.common.errors.KafkaStorageException e) {
            assertThat(e).hasMessageContaining("data directory");
        }

        assertThat(directory.isOnline()).isTrue();
        assertThat(Batches.all(log)).isEqualTo(written);
    }
}
