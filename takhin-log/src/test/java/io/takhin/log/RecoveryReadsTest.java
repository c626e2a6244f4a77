package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * After a kill a start looks at what lies behind the recovery point, and where that is nothing at
 * very little. A walk over the segment that is written here takes some two hundred reads.
 */
class RecoveryReadsTest {
    private static final int SEGMENT_BYTES = 1 << 20;
    private static final int READS_MAX = 20;
    private static final String VALUE = "v".repeat(500);
    private static final LogConfig CONFIG = Batches.config(SEGMENT_BYTES, 4096);

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path root = disk.root().resolve("data");
    private final AtomicInteger reads = new AtomicInteger();
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void open() throws IOException {
        directory = Directories.open(root, CONFIG, clock);
        log = Directories.orders(directory, CONFIG);
    }

    private void append(int sequence) {
        log.appendAsLeader(Batches.idempotent(7, 0, sequence, VALUE), 0, Origin.CLIENT);
    }

    private int fillOneSegment() {
        int sequence = 0;
        while (log.cleaning().view().segments().size() < 2) {
            append(sequence++);
        }
        return sequence;
    }

    /** Everything is on the disk, with its indexes, and the process is killed. */
    private void kill() throws IOException {
        log.files().checkpoint(0);
        Directories.settle(directory, log);
        directory.abandon();
    }

    private void startCounting() throws IOException {
        disk.gateReads(path -> {
            if (path.toString().endsWith(".log")) {
                reads.incrementAndGet();
            }
        });
        open();
        disk.gateReads(_ -> {});
    }

    @Test
    void nothingBehindTheRecoveryPointOfALongSegmentIsLittleToRead() throws IOException {
        int half = 900;
        for (int i = 0; i < half; i++) {
            clock.advance(Duration.ofMillis(1));
            SimpleRecord later = new SimpleRecord(clock.wallMillis(), VALUE.getBytes(UTF_8));
            log.appendAsLeader(Batches.of(Compression.NONE, later), 0, Origin.CLIENT);
        }
        kill();

        startCounting();

        assertThat(log.logEndOffset()).isEqualTo(half);
        assertThat(reads).hasValueLessThan(READS_MAX);
        directory.close();
    }

    /** As Apache Kafka leaves it, which flushes where a segment begins and nowhere else. */
    @Test
    void aRecoveryPointWhereASegmentBeginsNeedsNothingOfTheOneBefore() throws IOException {
        int next = fillOneSegment();
        long base = log.cleaning().view().active().baseOffset();
        kill();
        OffsetCheckpoint.write(
                root.resolve("recovery-point-offset-checkpoint"), Map.of(Directories.ORDERS, base));

        startCounting();

        assertThat(log.logEndOffset()).isEqualTo(next);
        assertThat(reads).hasValueLessThan(READS_MAX);
        Append again =
                log.appendAsLeader(Batches.idempotent(7, 0, next - 1, VALUE), 0, Origin.CLIENT);
        assertThat(again).isInstanceOf(Append.Duplicate.class);
        directory.close();
    }
}
