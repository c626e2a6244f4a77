package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.journal.JournalFile;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal that finds no place on a real disk. */
class JournalPreparationTest {
    private static final LogConfig CONFIG = Batches.config();

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private SmallDisk disk;
    private LogDirectory directory;

    @BeforeEach
    void mount(@TempDir Path at) throws IOException, InterruptedException {
        disk = SmallDisk.mount(at, 8);
        directory = open();
    }

    @AfterEach
    void unmount() throws InterruptedException {
        directory.close();
        disk.unmount();
    }

    private Path data() {
        return disk.root().resolve("data");
    }

    private LogDirectory open() throws IOException {
        return LogDirectory.open(data(), Directories.settings(CONFIG, 1), clock);
    }

    private PartitionLog orders() {
        return directory.open(new TopicPartition("orders", 0), Uuid.ONE_UUID, CONFIG);
    }

    private void append(String value) {
        orders().appendAsLeader(Batches.of(value), 0, Origin.CLIENT);
        orders().flush();
    }

    /** Segments have their names with the first flush; the second one asks for a journal. */
    private void askForAJournal() {
        append("a");
        append("b");
        while (Files.notExists(data().resolve(JournalFile.NAME))) {
            Thread.onSpinWait();
        }
    }

    @Test
    void costsNoRecordAndNotTheDirectory() throws IOException {
        askForAJournal();

        assertThat(directory.isOnline()).isTrue();
        assertThat(orders().durableEndOffset()).isEqualTo(2);
        assertThat(directory.groupCommit().backlog().journalCapacity()).isZero();
        directory.abandon();
        directory = open();
        assertThat(Batches.all(orders())).containsExactly("0=a", "1=b");
    }

    @Test
    void givesBackWhatItTook() throws IOException {
        askForAJournal();

        directory.close();

        assertThat(Files.size(data().resolve(JournalFile.NAME))).isZero();
        // Whether the stop was a clean one depends on what room was left for it meanwhile.
        directory = open();
        assertThat(Batches.all(orders())).containsExactly("0=a", "1=b");
    }
}
