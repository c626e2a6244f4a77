package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.base.Clock;
import io.takhin.log.LogDirectory;
import io.takhin.log.Origin;
import io.takhin.metadata.ClusterView;
import io.takhin.metadata.MetadataListener.Change;
import io.takhin.replication.HostedPartitions;
import io.takhin.replication.Partition;
import io.takhin.replication.ReplicaConfig;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The disk fails while the metadata changes: what the metadata says is done as far as it can be,
 * and the thread that reads it goes on.
 */
class FailedDiskTest {
    private static final Uuid TOPIC = Uuid.randomUuid();

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private LogDirectory directory;
    private HostedPartitions hosted;

    @BeforeEach
    void host() throws IOException {
        directory = TestRecords.directory(disk.root().resolve("data"));
        hosted =
                new HostedPartitions(
                        1,
                        directory,
                        (_, _) -> new ReplicaConfig(TestRecords.CONFIG, 1),
                        Clock.SYSTEM);
        hosted.onChange(changeOf(TOPIC), orders(0));
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private static Change changeOf(Uuid topic) {
        return new Change(Set.of(topic), Set.of(), Set.of(), false, false);
    }

    /** One partition, led here in an epoch. */
    private static ClusterView orders(int epoch) {
        return new TestCluster()
                .broker(1)
                .topic("orders", TOPIC, List.of(TestCluster.led(0, epoch)))
                .view();
    }

    private Partition partition() {
        return Objects.requireNonNull(hosted.get(TOPIC, 0));
    }

    @Test
    void aTopicIsForgottenThoughItsFilesCannotBeRenamed() {
        disk.failAfter(SimulatedDisk.Call.NAME, 0);

        hosted.onChange(
                new Change(Set.of(), Set.of(TOPIC), Set.of(), false, false),
                new TestCluster().broker(1).view());

        assertThat(hosted.get(TOPIC, 0)).isNull();
        assertThat(directory.failure()).isPresent();
    }

    @Test
    void aPartitionOfAFailedDiskGoesOfflineWhenItsEpochChanges() {
        Partition partition = partition();
        partition.append(
                MemoryRecords.withRecords(Compression.NONE, TestRecords.records("a")).buffer(),
                Origin.CLIENT,
                false);
        disk.failAfter(SimulatedDisk.Call.SYNC, 0);
        assertThatThrownBy(partition.log()::flush).isInstanceOf(KafkaStorageException.class);

        hosted.onChange(changeOf(TOPIC), orders(1));

        assertThat(partition.checkLeader(-1)).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
    }
}
