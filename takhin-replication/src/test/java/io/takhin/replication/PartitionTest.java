package io.takhin.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.Cleanup;
import io.takhin.log.LogConfig;
import io.takhin.log.PartitionLog;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PartitionTest {
    private static final int SELF = 1;
    private static final int OTHER = 2;

    @TempDir Path root;
    private final List<Errors> told = new ArrayList<>();
    private PartitionLog log;
    private Partition partition;

    @BeforeEach
    void open() throws IOException {
        log =
                PartitionLog.open(
                        root.resolve("orders-0"),
                        new TopicPartition("orders", 0),
                        Uuid.randomUuid(),
                        config(),
                        new ManualClock(0));
        partition = new Partition(log, SELF, 1);
        partition.onLeader(4, SELF);
    }

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    void aWaitThatFindsTheDiskBrokenIsToldSo() {
        partition.takeOffline("the disk failed", Errors.KAFKA_STORAGE_ERROR);

        await(10);

        assertThat(told).containsExactly(Errors.KAFKA_STORAGE_ERROR);
    }

    @Test
    void aWaitThatFindsThePartitionDeletedIsToldSo() {
        partition.takeOffline("deleted", Errors.UNKNOWN_TOPIC_OR_PARTITION);

        await(10);

        assertThat(told).containsExactly(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    }

    @Test
    void aWaitThatFindsAnotherLeaderIsToldSo() {
        partition.onLeader(5, OTHER);

        await(10);

        assertThat(told).containsExactly(Errors.NOT_LEADER_OR_FOLLOWER);
    }

    // Kafka's cluster.Partition.deleteRecordsOnLeader: its leader refuses before it looks at the
    // offset.
    @ParameterizedTest
    @CsvSource({
        "false, true, POLICY_VIOLATION",
        "true, true, OFFSET_OUT_OF_RANGE",
        "true, false, OFFSET_OUT_OF_RANGE",
        "false, false, OFFSET_OUT_OF_RANGE"
    })
    void recordsOfATopicThatIsOnlyCompactedAreNotDeletedOnRequest(
            boolean deletes, boolean compacts, Errors answer) {
        Cleanup cleanup =
                new Cleanup(deletes, compacts, -1, -1, 0.5, 0, Long.MAX_VALUE, 86_400_000);
        log.reconfigure(config().withCleanup(cleanup));

        assertThat(partition.deleteRecordsBefore(1)).isEqualTo(answer);
    }

    private void await(long offset) {
        partition.await(
                new CommitWait(offset, Long.MAX_VALUE) {
                    @Override
                    protected void done(Errors outcome) {
                        told.add(outcome);
                    }
                });
    }

    private static LogConfig config() {
        return LogConfig.builder()
                .segmentBytes(1 << 20)
                .messageBytesMax(1 << 20)
                .timestampAfterMaxMillis(Long.MAX_VALUE)
                .flushAge(Duration.ofSeconds(1))
                .build();
    }
}
