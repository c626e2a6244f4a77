package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.Test;

/** A marker whose entry in the transaction index finds no place is taken back. */
class UndoneMarkerTest {
    private static final LogConfig CONFIG = Batches.config(1 << 20, 4096);

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));

    @Test
    void openTransactionsKeepTheLastStableOffsetBackMeanwhile() throws IOException {
        LogDirectory directory =
                LogDirectory.open(
                        disk.root().resolve("data"),
                        Directories.settings(CONFIG, 1),
                        new ManualClock(Batches.NOW));
        PartitionLog log = Directories.orders(directory, CONFIG);
        log.appendAsLeader(Batches.transactional(1, 0, 0, "open"), 0, Origin.CLIENT);
        log.appendAsLeader(Batches.transactional(2, 0, 0, "undecided"), 0, Origin.CLIENT);
        log.flush();
        long highWatermark = log.logEndOffset();
        assertThat(log.lastStableOffset(highWatermark)).isZero();

        AtomicLong seen = new AtomicLong();
        disk.gateReads(_ -> seen.accumulateAndGet(log.lastStableOffset(highWatermark), Math::max));
        ByteBuffer marker = Batches.marker(2, 0, ControlRecordType.ABORT, 0);
        disk.leaveFree(marker.remaining() + 10);
        Append refused = log.appendAsLeader(marker, 0, Origin.COORDINATOR);
        disk.gateReads(_ -> {});

        assertThat(refused).isInstanceOf(Append.Refused.class);
        assertThat(log.lastStableOffset(highWatermark)).isZero();
        assertThat(seen.get()).isZero();
        directory.abandon();
    }
}
