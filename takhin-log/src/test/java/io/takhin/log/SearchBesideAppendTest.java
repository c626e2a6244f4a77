package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Threads;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.compress.Compression;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The first search by time after a start, and what is appended while it looks at the batches. */
class SearchBesideAppendTest {
    /** Three batches a segment: while the first one is looked at, the last one grows. */
    private static final LogConfig CONFIG = Batches.config(250, 4096);

    private static final int LAST = 6;

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path root = disk.root().resolve("data");
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void restart() throws IOException {
        try (LogDirectory before = Directories.open(root, CONFIG, clock)) {
            for (int i = 0; i <= LAST; i++) {
                append(Directories.orders(before, CONFIG), i);
            }
        }
        directory = Directories.open(root, CONFIG, clock);
        log = Directories.orders(directory, CONFIG);
        assertThat(log.segmentCount()).isEqualTo(3);
        AtomicBoolean appended = new AtomicBoolean();
        disk.gateReads(path -> {
            if (path.toString().endsWith(".log") && appended.compareAndSet(false, true)) {
                Threads.joinUninterruptibly(Threads.start("appender", () -> append(log, LAST + 1)));
            }
        });
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private static void append(PartitionLog log, int i) {
        log.appendAsLeader(
                Batches.of(Compression.NONE, Batches.record(Batches.NOW + i, "value-" + i)),
                0,
                Origin.CLIENT);
    }

    @Test
    void theNewestRecordIsTheOneThatWasThereBefore() {
        assertThat(log.findMaxTimestamp().offset()).isEqualTo(LAST);

        assertThat(log.findMaxTimestamp().offset()).isEqualTo(LAST + 1);
    }

    /** That has an entry for what the search could not see. */
    @Test
    void theIndexIsNotTakenForADamagedOne() {
        LogConfig everyBatch = Batches.config(1 << 20, 1);
        log.reconfigure(everyBatch);
        disk.gateReads(_ -> {});
        append(log, LAST + 1);
        append(log, LAST + 2);
        AtomicBoolean appended = new AtomicBoolean();
        disk.gateReads(path -> {
            if (path.toString().endsWith(".log") && appended.compareAndSet(false, true)) {
                Threads.joinUninterruptibly(Threads.start("appender", () -> append(log, LAST + 3)));
            }
        });
        List<String> before = indexChanges();

        assertThat(log.findMaxTimestamp().offset()).isEqualTo(LAST + 2);

        log.files().checkpoint(Long.MAX_VALUE);
        assertThat(indexChanges()).hasSize(before.size() + 1);
    }

    private List<String> indexChanges() {
        return disk.history().stream().filter(change -> change.contains(".timeindex")).toList();
    }

    @Test
    void theRecordIsNotForgottenByTheSearch() {
        assertThat(log.findByTimestamp(Batches.NOW + LAST + 2)).isEqualTo(FoundOffset.NONE);

        assertThat(log.findByTimestamp(Batches.NOW + LAST + 1).offset()).isEqualTo(LAST + 1);
    }
}
