package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A data directory with one log that may be compacted, of small segments. */
abstract class CompactionFixture {
    static final int MAP_BYTES = 1 << 16;
    static final LogConfig CONFIG =
            Batches.config(600, 100).withCleanup(Cleanup.compact(0.5, 60_000));

    @TempDir Path root;
    final ManualClock clock = new ManualClock(Batches.NOW);
    LogDirectory directory;
    PartitionLog log;

    @BeforeEach
    void open() throws IOException {
        directory = Directories.open(root.resolve("data"), CONFIG, clock);
        log = Directories.orders(directory, CONFIG);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    static void write(PartitionLog log, String key, String value) {
        SimpleRecord record =
                new SimpleRecord(Batches.NOW, key.getBytes(UTF_8), value.getBytes(UTF_8));
        assertThat(log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT))
                .isInstanceOf(Append.Done.class);
    }

    static CompactionLook look(LogDirectory directory, Clock clock) throws IOException {
        return new CompactionLook(
                directory, Directories.ALL_VISIBLE, clock, Directories.unlimited(clock, MAP_BYTES));
    }

    /** Twenty records of four keys: "k0=v0" to "k3=v19". */
    void writeTwenty() throws IOException {
        for (int i = 0; i < 20; i++) {
            write(log, "k" + i % 4, "v" + i + ".".repeat(60));
        }
        Directories.settle(directory, log);
    }

    static List<String> values(PartitionLog log) throws IOException {
        return Batches.all(log).stream().map(text -> text.replace(".", "")).toList();
    }
}
