package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.base.Threads;
import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.Syncfs;
import io.takhin.log.journal.JournalContents;
import io.takhin.log.journal.JournalFile;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both halves of a journal are full, and segments are slow to catch up. */
class JournalWithoutRoomTest {
    private static final int HALF_BYTES = 32 << 10;
    private static final FlushRule RULE = new FlushRule(HALF_BYTES, 16 << 10, 16 << 10, 4);
    private static final FlushRule NO_JOURNAL = new FlushRule(0, 0, 0, Integer.MAX_VALUE);
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    @TempDir Path root;
    private final SlowHost host = new SlowHost();
    private final List<PartitionLog> again = new ArrayList<>();
    private LogDirectory directory;
    private Journal journal;
    private FlushRound round;
    private PartitionLog log;

    /** Its recovery points are not written before it may go on: no half becomes free. */
    private final class SlowHost implements GroupCommit.Host {
        final ManualClock clock = new ManualClock(Batches.NOW);
        final CountDownLatch catchingUp = new CountDownLatch(1);
        final CountDownLatch askedForRoom = new CountDownLatch(1);
        volatile boolean hasRoom = true;
        final CountDownLatch mayGoOn = new CountDownLatch(1);

        @Override
        public Clock clock() {
            return clock;
        }

        @Override
        public OpenFiles openFiles() {
            return Directories.openFiles(10);
        }

        @Override
        public boolean isOnline() {
            return true;
        }

        @Override
        public void fail(IOException cause) {
            throw new UncheckedIOException(cause);
        }

        @Override
        public void shortage(IOException cause) {
            fail(cause);
        }

        @Override
        public boolean hasRoomToKeep(long bytes) {
            askedForRoom.countDown();
            return hasRoom;
        }

        @Override
        public void writeRecoveryPoints() {
            catchingUp.countDown();
            try {
                mayGoOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public Collection<PartitionLog> logs() {
            return List.of(log);
        }
    }

    @BeforeEach
    void open() throws IOException {
        LogConfig config = Batches.config();
        LogDirectorySettings settings = Directories.settings(config, 1);
        directory = LogDirectory.open(root, settings, NO_JOURNAL, host.clock);
        log = directory.open(ORDERS, Uuid.ONE_UUID, config);
        journal = Journal.open(root, JournalContents.read(root, HALF_BYTES, true), host);
        round =
                new FlushRound(
                        RULE,
                        new DiskSync(RULE, host.openFiles()),
                        host,
                        journal,
                        FlushObserver.NONE,
                        again::add);
    }

    @AfterEach
    void close() throws IOException {
        host.mayGoOn.countDown();
        journal.close(false);
        directory.close();
    }

    private void append() throws IOException {
        log.appendAsLeader(Batches.of("value"), 0, Origin.CLIENT);
        round.flush(List.of(log));
    }

    /** The keeper waits with one half, and the other takes no more. */
    private void fill() throws IOException {
        while (host.catchingUp.getCount() > 0) {
            append();
        }
        long used;
        do {
            used = journal.usedBytes();
            append();
        } while (journal.usedBytes() > used);
    }

    @Test
    void nothingIsTakenOfTheReserve() throws IOException, InterruptedException {
        host.hasRoom = false;
        append();
        append();
        host.askedForRoom.await();

        journal.stopPreparing();

        assertThat(root.resolve(JournalFile.NAME)).doesNotExist();
        assertThat(log.durableEndOffset()).isEqualTo(2);
    }

    @Test
    void recordsAreSyncedWhereTheyLie() throws IOException {
        fill();
        long used = journal.usedBytes();

        append();

        assertThat(journal.usedBytes()).isEqualTo(used);
        assertThat(log.durableEndOffset()).isEqualTo(log.logEndOffset());
        assertThat(log.recoveryPoint()).isEqualTo(log.logEndOffset());
    }

    @Test
    void aSyncOfTheFileSystemLeavesNothingDirtyThatTheJournalHas() throws IOException {
        while (journal.dirtyBytes() == 0) {
            append();
        }
        List<PartitionLog> others = new ArrayList<>();
        for (int i = 1; i <= RULE.syncfsFrom(); i++) {
            PartitionLog other =
                    directory.open(
                            new TopicPartition("orders", i), Uuid.ONE_UUID, Batches.config());
            other.appendAsLeader(Batches.of("value"), 0, Origin.CLIENT);
            others.add(other);
        }

        round.flush(others);

        try (Syncfs syncfs = Syncfs.open(root)) {
            assertThat(journal.dirtyBytes() == 0).isEqualTo(syncfs != null);
        }
    }

    @Test
    void aCutWaitsUntilTheJournalHasNothingOfTheLog() throws IOException, InterruptedException {
        fill();
        log.truncateTo(1);

        Thread flushing = Threads.start("flush-of-a-cut", this::flushUnchecked);
        while (flushing.isAlive() && flushing.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }

        assertThat(flushing.isAlive()).isTrue();
        assertThat(JournalContents.read(root, HALF_BYTES, false).of(ORDERS)).isNotEmpty();
        host.mayGoOn.countDown();
        flushing.join();
        assertThat(JournalContents.read(root, HALF_BYTES, false).of(ORDERS)).isEmpty();
        assertThat(log.recoveryPoint()).isEqualTo(1);
        assertThat(again).isEmpty();
    }

    private void flushUnchecked() {
        try {
            round.flush(List.of(log));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
