package io.takhin.replication;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.Append;
import io.takhin.log.LogConfig;
import io.takhin.log.LogConfig.FlushPolicy;
import io.takhin.log.LogDirectory;
import io.takhin.log.LogDirectorySettings;
import io.takhin.log.Origin;
import io.takhin.log.PartitionLog;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * S38, S84, S181: what a power cut takes of records that were answered before they were on the disk
 * is bounded by {@code flush.ms} and {@code flush.messages}.
 */
class LossBoundTest {
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
    private static final int SELF = 1;
    private static final Duration FLUSH_AGE = Duration.ofMillis(10);
    private static final LogConfig NEVER =
            LogConfig.builder().segmentBytes(1 << 14).messageBytesMax(1 << 14).build();

    private final ManualClock clock = new ManualClock(1_700_000_000_000L);

    private LogDirectory open(SimulatedDisk disk) throws IOException {
        return LogDirectory.open(
                disk.root().resolve("data"),
                new LogDirectorySettings(NEVER, Duration.ofDays(1), Duration.ofHours(1), 1),
                clock);
    }

    private static Partition lead(LogDirectory directory, LogConfig config) {
        PartitionLog log = directory.open(ORDERS, Uuid.ONE_UUID, config);
        Partition partition = new Partition(log, SELF, 1);
        partition.onLeader(0, SELF);
        return partition;
    }

    /** Returns the offset behind the batch. */
    private long append(Partition partition, int records, boolean safe) {
        SimpleRecord[] batch = new SimpleRecord[records];
        for (int i = 0; i < records; i++) {
            batch[i] = new SimpleRecord(clock.wallMillis(), "a value".getBytes(UTF_8));
        }
        ByteBuffer bytes = MemoryRecords.withRecords(Compression.NONE, batch).buffer();
        Append outcome = partition.append(bytes, Origin.CLIENT, safe);
        assertThat(outcome).isInstanceOf(Append.Done.class);
        return partition.log().logEndOffset();
    }

    private long endAfterCut(SimulatedDisk disk) throws IOException {
        disk.restart();
        try (LogDirectory directory = open(disk)) {
            return directory.open(ORDERS, Uuid.ONE_UUID, NEVER).logEndOffset();
        }
    }

    @Seeded(runs = 40, cutsEach = 1)
    void byTimeOnlyWhatIsYoungerThanTheFlushIntervalIsLost(RandomGenerator random)
            throws Exception {
        SimulatedDisk disk = new SimulatedDisk(random);
        long oldEnough;
        LogDirectory directory = open(disk);
        Partition partition = lead(directory, NEVER.with().flushAge(FLUSH_AGE).build());
        TreeMap<Long, Long> endsByTime = new TreeMap<>();
        for (int i = random.nextInt(1, 30); i > 0; i--) {
            long end = append(partition, random.nextInt(1, 5), false);
            endsByTime.put(clock.nanos(), end);
            clock.advance(Duration.ofMillis(random.nextInt(4)));
        }
        clock.advance(Duration.ofMillis(random.nextInt(12)));
        var due = endsByTime.floorEntry(clock.nanos() - FLUSH_AGE.toNanos());
        oldEnough = due == null ? 0 : due.getValue();
        awaitDurable(partition.log(), oldEnough);

        disk.cutPower();
        directory.close();

        assertThat(endAfterCut(disk)).isGreaterThanOrEqualTo(oldEnough);
    }

    /** What no request for a flush brought about: time did. */
    private static void awaitDurable(PartitionLog log, long offset) throws Exception {
        CompletableFuture<Void> there = new CompletableFuture<>();
        log.onDurable((source, end) -> {
            if (end >= offset) {
                there.complete(null);
            }
        });
        if (log.durableEndOffset() < offset) {
            there.get(10, TimeUnit.SECONDS);
        }
    }

    @Seeded(runs = 20, cutsEach = 1)
    void byNumberFewerThanFlushMessagesAreLostWithAcks1(RandomGenerator random) throws Exception {
        fewerAreLostThan(random.nextInt(1, 12), FlushPolicy.ACK, false, random);
    }

    @Seeded(runs = 20, cutsEach = 1)
    void byNumberFewerThanFlushMessagesAreLostOfWhatWaitsForThePageCache(RandomGenerator random)
            throws Exception {
        fewerAreLostThan(random.nextInt(1, 12), FlushPolicy.INTERVAL, true, random);
    }

    private void fewerAreLostThan(
            int flushMessages, FlushPolicy policy, boolean safe, RandomGenerator random)
            throws Exception {
        SimulatedDisk disk = new SimulatedDisk(random);
        LogDirectory directory = open(disk);
        LogConfig config =
                NEVER.with()
                        .flushPolicy(policy)
                        .flushMessages(flushMessages)
                        .flushAwaited(true)
                        .build();
        Partition partition = lead(directory, config);
        long answered = 0;
        for (int i = random.nextInt(1, 30); i > 0; i--) {
            long end = append(partition, random.nextInt(1, 5), safe);
            if (safe || partition.isFlushAwaited(end)) {
                awaitCommitted(partition, end);
            }
            answered = end;
        }

        disk.cutPower();
        directory.close();

        assertThat(endAfterCut(disk)).isGreaterThan(answered - flushMessages);
    }

    private static void awaitCommitted(Partition partition, long end) throws Exception {
        CompletableFuture<Errors> outcome = new CompletableFuture<>();
        partition.await(
                new CommitWait(end, Long.MAX_VALUE) {
                    @Override
                    protected void done(Errors told) {
                        outcome.complete(told);
                    }
                });
        assertThat(outcome.get(10, TimeUnit.SECONDS)).isEqualTo(Errors.NONE);
    }
}
