package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InconsistentTopicIdException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogDirectoryTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final Uuid TOPIC = Uuid.randomUuid();

    @TempDir Path root;
    private LogDirectory directory;

    @BeforeEach
    void open() throws IOException {
        directory = reopen();
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private LogDirectory reopen() throws IOException {
        return LogDirectory.open(
                root,
                new LogDirectorySettings(
                        Batches.config(), Duration.ofDays(1), Duration.ofMillis(20), 2),
                Batches.CLOCK);
    }

    private PartitionLog orders() {
        return directory.open(PARTITION, TOPIC, Batches.config());
    }

    @Test
    void aCommitIsAnsweredWhenTheRecordsAreDurable() throws Exception {
        PartitionLog log = orders();
        CompletableFuture<Long> durable = new CompletableFuture<>();
        log.onDurable((_, offset) -> durable.complete(offset));

        log.appendAsLeader(Batches.of("a", "b"), 0, Origin.CLIENT);
        log.requestFlush();

        assertThat(durable.get(10, TimeUnit.SECONDS)).isEqualTo(2);
        assertThat(log.durableEndOffset()).isEqualTo(2);
    }

    @Test
    void whatNobodyWaitsForIsFlushedOnceItIsOldEnough() throws Exception {
        PartitionLog log = orders();
        CompletableFuture<Long> durable = new CompletableFuture<>();
        log.onDurable((_, offset) -> durable.complete(offset));

        log.appendAsLeader(Batches.of("a"), 0, Origin.CLIENT);

        assertThat(durable.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }

    @Test
    void everythingIsThereAfterACleanStop() throws IOException {
        orders().appendAsLeader(Batches.idempotent(7, 0, 0, "a", "b"), 2, Origin.CLIENT);
        directory.close(42);

        directory = reopen();

        PartitionLog log = orders();
        assertThat(Batches.all(log)).containsExactly("0=a", "1=b");
        assertThat(log.durableEndOffset()).isEqualTo(2);
        assertThat(log.activeProducers()).hasSize(1);
        assertThat(directory.brokerEpochOfCleanStop()).hasValue(42);
    }

    @Test
    void everythingIsThereAfterAKill() throws IOException {
        orders().appendAsLeader(Batches.idempotent(7, 0, 0, "a", "b"), 2, Origin.CLIENT);
        directory.abandon();

        directory = reopen();

        PartitionLog log = orders();
        assertThat(Batches.all(log)).containsExactly("0=a", "1=b");
        assertThat(log.activeProducers()).hasSize(1);
        assertThat(log.topicId()).isEqualTo(TOPIC);
        assertThat(directory.brokerEpochOfCleanStop()).isEmpty();
    }

    @Test
    void aSecondProcessIsKeptOut() {
        assertThatThrownBy(this::reopen)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("open already");
    }

    @Test
    void aLogOfAnotherTopicWithTheSameNameIsNotTaken() {
        orders();

        assertThatThrownBy(() -> directory.open(PARTITION, Uuid.randomUuid(), Batches.config()))
                .isInstanceOf(InconsistentTopicIdException.class);
    }

    @Test
    void aDeletedLogLeavesItsNameAtOnce() throws IOException {
        PartitionLog log = orders();
        log.appendAsLeader(Batches.of("a"), 0, Origin.CLIENT);

        directory.delete(PARTITION);

        assertThat(directory.get(PARTITION)).isNull();
        try (Stream<Path> entries = Files.list(root)) {
            assertThat(entries.map(path -> path.getFileName().toString()))
                    .noneMatch("orders-0"::equals)
                    .anyMatch(name -> name.matches("orders-0\\.[0-9a-f]{32}-delete"));
        }
        Append after = log.appendAsLeader(Batches.of("b"), 0, Origin.CLIENT);
        assertThat(((Append.Refused) after).error()).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
        assertThat(directory.open(PARTITION, Uuid.randomUuid(), Batches.config()).logEndOffset())
                .isZero();
    }

    @Test
    void aLogThatWasSetAsideIsNeitherReadNorRemoved() throws IOException {
        PartitionLog log =
                directory.open(new TopicPartition("x".repeat(249), 0), TOPIC, Batches.config());
        log.appendAsLeader(Batches.of("a"), 0, Origin.CLIENT);
        directory.setAside(log.topicPartition());
        directory.close();

        directory = reopen();

        assertThat(directory.logs()).isEmpty();
        try (Stream<Path> entries = Files.list(root)) {
            assertThat(entries.map(path -> path.getFileName().toString()))
                    .anyMatch(name -> name.matches("x+-0\\.[0-9a-f]{32}-stray"));
        }
    }

    @Test
    void thousandNewLogsAreQuick() {
        long start = System.nanoTime();

        for (int i = 0; i < 1000; i++) {
            directory.open(new TopicPartition("many", i), TOPIC, Batches.config());
        }

        // The target is 0.3 s; the bound is wide because machines that run tests are busy.
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
    }

    @Test
    void manyLogsBecomeDurableInOneRound() throws Exception {
        for (int i = 0; i < 20; i++) {
            PartitionLog log =
                    directory.open(new TopicPartition("many", i), TOPIC, Batches.config());
            log.appendAsLeader(Batches.of("value"), 0, Origin.CLIENT);
        }

        directory.logs().forEach(PartitionLog::flush);

        assertThat(directory.logs()).allMatch(log -> log.durableEndOffset() == 1);
        assertThat(directory.isOnline()).isTrue();
    }
}
