package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A copy of a running broker's directory whose files beside the partitions are from before a
 * compaction, and the partition from after it, or the other way round: {@code tar} reads in any
 * order.
 */
class CopyBesideCompactionTest {
    private static final LogConfig DEFAULTS = Batches.config(600, 100);
    private static final LogConfig COMPACTED = DEFAULTS.withCleanup(Cleanup.compact(0.1, 60_000));

    private final ManualClock clock = new ManualClock(Batches.NOW);

    @TempDir Path root;
    @TempDir Path copy;
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void write() throws IOException {
        directory = open(root);
        log = Directories.orders(directory, COMPACTED);
        directory.writeCheckpoints();
        for (int i = 0; i < 30; i++) {
            // Compaction leaves nothing of the first segments.
            String key = i < 20 ? "again" : "once" + i;
            CompactionFixture.write(log, key, "v" + i + ".".repeat(60));
        }
        log.flush();
    }

    @AfterEach
    void stop() {
        directory.close();
    }

    /** What a topic's settings say is not known yet when its log is read back. */
    private LogDirectory open(Path at) throws IOException {
        return LogDirectory.open(at, Directories.settings(DEFAULTS, 1), clock);
    }

    private void compact() throws IOException {
        directory.writeCheckpoints();
        CompactionFixture.look(directory, clock).run();
        assertThat(log.cleaning().view().segments().getFirst().size()).isZero();
    }

    private static void copyFiles(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName().toString()));
            }
        }
    }

    private void copyPartition() throws IOException {
        copyFiles(log.directory(), copy.resolve(log.directory().getFileName().toString()));
    }

    private List<String> inTheCopy() throws IOException {
        try (LogDirectory restored = open(copy)) {
            return Batches.all(Directories.orders(restored, COMPACTED));
        }
    }

    // S86
    @Test
    void hasAllKeysWhereCompactionEndedBeforeThePartitionWasRead() throws IOException {
        copyFiles(root, copy);
        compact();
        copyPartition();

        assertThat(inTheCopy()).isEqualTo(Batches.all(log)).hasSize(11);
    }

    @Test
    void hasAllRecordsWhereItEndedAfterThat() throws IOException {
        List<String> before = Batches.all(log);
        copyPartition();
        compact();
        copyFiles(root, copy);

        assertThat(inTheCopy()).isEqualTo(before);
    }
}
