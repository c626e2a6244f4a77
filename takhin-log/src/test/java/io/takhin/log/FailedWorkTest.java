package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.protocol.BatchHeader;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

/** What is left when something breaks off in the middle. */
class FailedWorkTest {
    private static final LogConfig CONFIG = Batches.config();
    private static final int TYPE_OF_MARKER_AT = BatchHeader.BYTES + 8;

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path root = disk.root().resolve("data");
    private final ManualClock clock = new ManualClock(Batches.NOW);

    private LogDirectory open() throws IOException {
        return Directories.open(root, CONFIG, clock);
    }

    private static PartitionLog orders(LogDirectory directory) {
        return Directories.orders(directory, CONFIG);
    }

    @Test
    void aDirectoryWhoseDiskFailsWhileItIsClosedIsClosedAllTheSame() throws IOException {
        LogDirectory directory = open();
        orders(directory).appendAsLeader(Batches.of("a"), 0, Origin.CLIENT);
        disk.failAfter(SimulatedDisk.Call.WRITE, 0);

        directory.close();

        assertThat(directory.failure()).isPresent();
        disk.cutPower();
        disk.restart();
        try (LogDirectory again = open()) {
            assertThat(again.isOnline()).isTrue();
        }
    }

    @Test
    void aListenerThatFailsCostsNeitherTheFlushNorTheDirectory() throws IOException {
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            log.onDurable((_, _) -> {
                throw new IllegalStateException("a mistake");
            });

            log.appendAsLeader(Batches.of("a"), 0, Origin.COORDINATOR);
            log.flush();

            assertThat(log.durableEndOffset()).isOne();
            assertThat(directory.failure()).isEmpty();
        }
    }

    /** A marker of a kind that this version does not know, as a later leader may write it. */
    private static ByteBuffer unknownMarker(long offset) {
        ByteBuffer marker = Batches.marker(7, 0, ControlRecordType.ABORT, 1);
        marker.put(TYPE_OF_MARKER_AT, (byte) 99);
        BatchHeader.setBaseOffset(marker, 0, offset);
        return marker.putInt(17, BatchHeader.computeCrc(marker, 0));
    }

    @Test
    void aBatchThatBreaksOffHalfWrittenLeavesNothing() throws IOException {
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            log.appendAsFollower(Batches.replicated(0, 0, "a"));
            assertThatThrownBy(() -> log.appendAsFollower(unknownMarker(1)))
                    .isInstanceOf(RuntimeException.class);

            log.appendAsFollower(Batches.replicated(1, 0, "b"));

            assertThat(Batches.all(log)).containsExactly("0=a", "1=b");
        }
        try (LogDirectory directory = open()) {
            assertThat(Batches.all(orders(directory))).containsExactly("0=a", "1=b");
        }
    }

    @Test
    void aFlusherThatEndsTakesItsDirectoryOffline() throws Exception {
        LogDirectory directory = open();
        CountDownLatch offline = new CountDownLatch(1);
        directory.onFailure(offline::countDown);
        PartitionLog log = orders(directory);
        log.onDurable((_, _) -> {
            throw new AssertionError("an error and no exception");
        });
        log.appendAsLeader(Batches.of("a"), 0, Origin.CLIENT);

        log.requestFlush();

        assertThat(offline.await(20, TimeUnit.SECONDS)).isTrue();
        directory.close();
    }

    @Test
    void aLogThatCannotBeLookedAtKeepsNoOtherFromBeingCompacted() throws IOException {
        LogConfig compacted =
                Batches.config(1024, 100).withCleanup(Cleanup.compact(0.01, Long.MAX_VALUE));
        try (LogDirectory directory = open()) {
            PartitionLog broken =
                    directory.open(new TopicPartition("broken", 0), new Uuid(1, 1), compacted);
            PartitionLog log = Directories.orders(directory, compacted);
            for (int i = 0; i < 40; i++) {
                SimpleRecord record = new SimpleRecord(Batches.NOW, new byte[1], new byte[200]);
                log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT);
            }
            Directories.settle(directory, log);
            long before = log.sizeInBytes();
            LogCleaner.HighWatermarks marks =
                    of -> {
                        if (of == broken) {
                            throw new IllegalStateException("a bug");
                        }
                        return of.logEndOffset();
                    };

            new CompactionLook(directory, marks, clock, Directories.unlimited(clock, 1 << 12))
                    .run();

            assertThat(log.sizeInBytes()).isLessThan(before / 2);
        }
    }

    @Test
    void aTransactionOfWhichThereWasRoomForAPartIsNotedWhole() throws IOException {
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            ByteBuffer batch = Batches.transactional(7, 0, 0, "undone");
            ByteBuffer marker = Batches.marker(7, 0, ControlRecordType.ABORT, 1);
            int markerBytes = marker.remaining();
            log.appendAsLeader(batch, 0, Origin.CLIENT);
            disk.leaveFree(markerBytes + TransactionIndex.ENTRY_BYTES / 2);

            Append refused = log.appendAsLeader(marker.duplicate(), 0, Origin.COORDINATOR);

            assertThat(refused).isInstanceOf(Append.Refused.class);
            disk.leaveFree(1 << 20);
            ByteBuffer again = Batches.marker(7, 0, ControlRecordType.ABORT, 1);
            log.appendAsLeader(again, 0, Origin.COORDINATOR);
            assertThat(log.abortedTransactions(0, log.logEndOffset()))
                    .isEqualTo(List.of(new AbortedTransaction(7, 0, 1, 2)));
        }
    }
}
