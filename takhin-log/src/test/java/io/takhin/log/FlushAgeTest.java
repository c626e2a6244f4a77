package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S38, S84, S181: how long, and how many, records stay unflushed that nobody waits for. */
class FlushAgeTest {
    private static final LogConfig NEVER =
            Batches.config().with().flushAge(Duration.ofMillis(Long.MAX_VALUE)).build();
    private static final LogConfig SOON =
            Batches.config().with().flushAge(Duration.ofMillis(20)).build();
    private static final LogConfig EVERY_THIRD = NEVER.with().flushMessages(3).build();

    @TempDir Path root;
    private LogDirectory directory;

    @BeforeEach
    void open() throws IOException {
        directory = Directories.open(root, NEVER, Batches.CLOCK);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private PartitionLog log(String topic, LogConfig config) {
        return directory.open(new TopicPartition(topic, 0), new Uuid(1, topic.hashCode()), config);
    }

    private static CompletableFuture<Long> durable(PartitionLog log) {
        CompletableFuture<Long> durable = new CompletableFuture<>();
        log.onDurable((_, offset) -> durable.complete(offset));
        return durable;
    }

    private static void append(PartitionLog log) {
        log.appendAsLeader(Batches.of("a"), 0, Origin.CLIENT);
    }

    @Test
    void aLogThatMayStayUnflushedForLongHoldsUpNoOther() throws Exception {
        append(log("patient", NEVER));
        append(log("rather-patient", NEVER.with().flushAge(Duration.ofDays(1)).build()));
        PartitionLog log = log("orders", SOON);
        CompletableFuture<Long> durable = durable(log);

        append(log);

        assertThat(durable.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }

    @Test
    void aShorterTimeHoldsForWhatIsUnflushedAlready() throws Exception {
        PartitionLog log = log("orders", NEVER);
        CompletableFuture<Long> durable = durable(log);
        append(log);

        log.reconfigure(SOON);

        assertThat(durable.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }

    @Test
    void aSmallerNumberHoldsForWhatIsUnflushedAlready() throws Exception {
        PartitionLog log = log("orders", NEVER);
        CompletableFuture<Long> durable = durable(log);
        append(log);
        append(log);
        append(log);

        log.reconfigure(EVERY_THIRD);

        assertThat(durable.get(10, TimeUnit.SECONDS)).isEqualTo(3);
    }

    @Test
    void soManyRecordsAreFlushedWithoutWaiting() throws Exception {
        PartitionLog log = log("orders", EVERY_THIRD);
        CompletableFuture<Long> durable = durable(log);
        append(log);
        append(log);
        assertThat(durable).isNotDone();

        append(log);

        assertThat(durable.get(10, TimeUnit.SECONDS)).isEqualTo(3);
    }

    /** Kafka flushes each segment it closes: else nothing would ever be below a recovery point. */
    @Test
    void aClosedSegmentIsFlushedWhateverTheSettingsSay() throws Exception {
        ManualClock clock = new ManualClock(Batches.NOW);
        LogConfig small = Batches.config(600, 100).with().flushAge(NEVER.flushAge()).build();
        directory.close();
        directory = Directories.open(root, small, clock);
        PartitionLog log = log("orders", small);
        CompletableFuture<Long> durable = durable(log);
        append(log);
        clock.advance(Duration.ofDays(1));
        assertThat(durable).isNotDone();

        while (log.segmentCount() < 2) {
            append(log);
        }

        assertThat(durable.get(10, TimeUnit.SECONDS)).isPositive();
    }
}
