package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code segment.jitter.ms}: partitions that began together do not roll together. */
class SegmentJitterTest {
    private static final int PARTITIONS = 20;
    private static final Duration AGE = Duration.ofHours(1);

    @TempDir Path root;

    @Test
    void withJitterSomeSegmentsCloseEarly() {
        long closed = closedAfter(AGE.dividedBy(2), AGE);

        assertThat(closed).isBetween(1L, PARTITIONS - 1L);
    }

    @Test
    void withoutJitterNoneCloseEarly() {
        assertThat(closedAfter(AGE.dividedBy(2), Duration.ZERO)).isZero();
    }

    @Test
    void noneIsKeptOpenLongerThanItsAge() {
        assertThat(closedAfter(AGE.plusMillis(1), AGE)).isEqualTo(PARTITIONS);
    }

    @Test
    void jitterBeyondTheAgeIsNoMoreThanTheAge() {
        long closed = closedAfter(AGE.dividedBy(2), Duration.ofDays(10_000));

        assertThat(closed).isBetween(1L, PARTITIONS - 1L);
    }

    /** How many of the partitions begin a new segment with a record that comes so much later. */
    private long closedAfter(Duration passed, Duration jitter) {
        return IntStream.range(0, PARTITIONS).filter(i -> closes(i, passed, jitter)).count();
    }

    private boolean closes(int index, Duration passed, Duration jitter) {
        TopicPartition partition = new TopicPartition("orders", index);
        Path directory = root.resolve(partition.toString());
        ManualClock clock = new ManualClock(Batches.NOW + passed.toMillis());
        try (PartitionLog log =
                PartitionLog.open(directory, partition, Uuid.ONE_UUID, config(jitter), clock)) {
            append(log, Batches.NOW);
            append(log, Batches.NOW + passed.toMillis());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return segments(directory) == 2;
    }

    private static void append(PartitionLog log, long timestamp) {
        Append done =
                log.appendAsLeader(
                        Batches.of(Compression.NONE, Batches.record(timestamp, "x")),
                        1,
                        Origin.CLIENT);
        assertThat(done).isInstanceOf(Append.Done.class);
    }

    private static long segments(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".log")).count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static LogConfig config(Duration jitter) {
        LogConfig base = Batches.config();
        return base.with().segmentAge(AGE).segmentJitter(jitter).build();
    }
}
