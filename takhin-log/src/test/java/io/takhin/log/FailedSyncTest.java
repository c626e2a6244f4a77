package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.checkpoint.CleanStop;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A sync that fails, for real: one of the files that have to be durable is replaced by a link to
 * itself, which nobody can open.
 */
class FailedSyncTest {
    private static final LogConfig CONFIG = Batches.config();

    /** Every file by a call of its own, and no journal. */
    private static final FlushRule EACH_FILE = new FlushRule(0, 0, 0, Integer.MAX_VALUE);

    @TempDir Path root;
    private final AtomicInteger failures = new AtomicInteger();
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void open() throws IOException {
        LogDirectorySettings settings = Directories.settings(CONFIG, 1);
        directory = LogDirectory.open(root, settings, EACH_FILE, new ManualClock(Batches.NOW));
        directory.onFailure(failures::incrementAndGet);
        log = directory.open(new TopicPartition("orders", 0), Uuid.ONE_UUID, CONFIG);
        log.appendAsLeader(Batches.of("a"), 1, Origin.CLIENT);
        log.flush();
    }

    @AfterEach
    void close() {
        directory.close();
    }

    /** The next sync has to cover the file of leader epochs, and cannot. */
    private void failNextSync() throws IOException {
        log.appendAsLeader(Batches.of("b"), 2, Origin.CLIENT);
        Path epochs = epochs();
        Files.delete(epochs);
        Files.createSymbolicLink(epochs, epochs.getFileName());
    }

    private Path epochs() {
        return log.directory().resolve(LeaderEpochs.NAME);
    }

    @Test
    void takesTheDirectoryOfflineOnce() throws IOException {
        failNextSync();

        assertThatThrownBy(log::flush).isInstanceOf(KafkaStorageException.class);

        assertThat(directory.isOnline()).isFalse();
        assertThat(directory.failure()).isPresent();
        // Who waited for the flush is told before the listeners are.
        while (failures.get() == 0) {
            Thread.onSpinWait();
        }
        assertThat(failures).hasValue(1);
    }

    @Test
    void isNeverFollowedByOneThatSucceeds() throws IOException {
        failNextSync();
        assertThatThrownBy(log::flush).isInstanceOf(KafkaStorageException.class);

        Files.delete(epochs());
        log.requestFlush();

        assertThatThrownBy(log::flush).isInstanceOf(KafkaStorageException.class);
        assertThat(log.durableEndOffset()).isEqualTo(1);
        assertThat(directory.isOnline()).isFalse();
    }

    @Test
    void refusesWhatIsAppendedLater() throws IOException {
        failNextSync();
        assertThatThrownBy(log::flush).isInstanceOf(KafkaStorageException.class);

        Append later = log.appendAsLeader(Batches.of("c"), 2, Origin.CLIENT);

        assertThat(later)
                .isInstanceOfSatisfying(
                        Append.Refused.class,
                        refused ->
                                assertThat(refused.error()).isEqualTo(Errors.KAFKA_STORAGE_ERROR));
    }

    @Test
    void leavesNoMarkOfACleanStop() throws IOException {
        failNextSync();
        assertThatThrownBy(log::flush).isInstanceOf(KafkaStorageException.class);

        directory.close();

        assertThat(CleanStop.isMarked(root)).isFalse();
    }
}
