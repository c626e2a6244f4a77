package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.log.LogDirectory;
import io.takhin.log.Origin;
import io.takhin.log.PartitionLog;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;

/** One sync fails while the metadata is read back: what was not hosted yet is no stray. */
class FailedDiskAtStartTest {
    private static final Uuid FIRST = Uuid.randomUuid();
    private static final Uuid SECOND = Uuid.randomUuid();

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));

    private static HostedPartitions hosted(LogDirectory directory) {
        return new HostedPartitions(
                1, directory, (_, _) -> new ReplicaConfig(TestRecords.CONFIG, 1), Clock.SYSTEM);
    }

    private static Change changeOf(Uuid topic) {
        return new Change(Set.of(topic), Set.of(), Set.of(), false, false);
    }

    private static ClusterView view(int epoch) {
        return new TestCluster()
                .broker(1)
                .topic("first", FIRST, List.of(TestCluster.led(0, epoch)))
                .topic("second", SECOND, List.of(TestCluster.led(0, epoch)))
                .view();
    }

    @Test
    void logsThatCouldNotBeOpenedForAFailedDiskAreNotSetAside() throws Exception {
        write();

        LogDirectory failing = TestRecords.directory(disk.root().resolve("data"));
        CountDownLatch failed = new CountDownLatch(1);
        failing.onFailure(failed::countDown);
        HostedPartitions hosted = hosted(failing);
        disk.failOnceAfter(SimulatedDisk.Call.SYNC, 0);
        hosted.onChange(changeOf(FIRST), view(1));
        assertThat(failed.await(10, TimeUnit.SECONDS)).isTrue();
        hosted.onChange(changeOf(SECOND), view(1));
        // As Broker.start does once the metadata was read.
        hosted.setStraysAside(view(1));
        failing.close();

        try (LogDirectory again = TestRecords.directory(disk.root().resolve("data"))) {
            HostedPartitions after = hosted(again);
            after.onChange(changeOf(FIRST), view(2));
            after.onChange(changeOf(SECOND), view(2));
            assertThat(List.of("first", "second"))
                    .allSatisfy(topic ->
                            assertThat(again.get(new TopicPartition(topic, 0)))
                                    .isNotNull()
                                    .returns(1L, PartitionLog::logEndOffset));
        }
    }

    private void write() throws IOException {
        try (LogDirectory directory = TestRecords.directory(disk.root().resolve("data"))) {
            HostedPartitions hosted = hosted(directory);
            hosted.onChange(changeOf(FIRST), view(0));
            hosted.onChange(changeOf(SECOND), view(0));
            for (Uuid topic : List.of(FIRST, SECOND)) {
                Partition partition = Objects.requireNonNull(hosted.get(topic, 0));
                partition.append(
                        MemoryRecords.withRecords(Compression.NONE, TestRecords.records("a"))
                                .buffer(),
                        Origin.CLIENT,
                        true);
                partition.log().flush();
            }
        }
    }
}
