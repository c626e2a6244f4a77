package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.file.SharedFile;
import io.takhin.log.journal.JournalFile;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * The system tells one caller of what it could not write, and counts it as written: nobody who
 * asked at the same time, or asks again, may take it for durable.
 */
class LostSyncTest extends PowerCutFixture {
    /** Of opening a file that may be refused. */
    private static final int ATTEMPTS = 10;

    private SharedFile active() {
        return segments().getLast().file();
    }

    @Seeded(runs = 1)
    void aFileIsNotSyncedAfterAFailure(RandomGenerator random) throws IOException {
        start(random);
        append("a");
        disk().failOnceAfter(SimulatedDisk.Call.SYNC, 0);

        assertThatThrownBy(active()::sync).hasMessageContaining("Input/output error");
        assertThatThrownBy(active()::sync).hasMessageContaining("failed before");
        assertThat(active().isUnsynced()).isTrue();
    }

    @Seeded(runs = 1)
    void whoWaitsForAnotherSyncLearnsThatItFailed(RandomGenerator random) throws Exception {
        start(random);
        append("a");
        SharedFile file = active();
        List<IOException> failures = new CopyOnWriteArrayList<>();
        List<Thread> second = new ArrayList<>();
        disk().failOnceAfter(SimulatedDisk.Call.SYNC, 0);
        disk().gateSyncs(path -> {
            if (second.isEmpty()) {
                second.add(Thread.ofPlatform().start(() -> sync(file, failures)));
                while (second.getFirst().getState() != Thread.State.WAITING) {
                    Thread.onSpinWait();
                }
            }
        });

        sync(file, failures);
        second.getFirst().join();

        assertThat(failures).hasSize(2);
    }

    private static void sync(SharedFile file, List<IOException> failures) {
        try {
            file.sync();
        } catch (IOException e) {
            failures.add(e);
        }
    }

    @Seeded(runs = 1)
    void theJournalIsNotSyncedAfterAFailure(RandomGenerator random) throws IOException {
        start(random);
        JournalFile journal = JournalFile.open(disk().root(), 1 << 16);
        journal.prepare(0, 1);
        journal.write(ByteBuffer.allocate(100), 50);
        disk().failOnceAfter(SimulatedDisk.Call.SYNC, 0);

        assertThatThrownBy(journal::force).hasMessageContaining("Input/output error");
        assertThatThrownBy(journal::force).hasMessageContaining("failed before");
        journal.close();
    }

    /** It may be what a round of the other half waits for. */
    @Seeded(runs = 1)
    void aFailureWhileTheJournalIsPreparedTakesTheDirectoryOffline(RandomGenerator random)
            throws Exception {
        start(random);
        CountDownLatch offline = new CountDownLatch(1);
        directory.onFailure(offline::countDown);
        disk().gateSyncs(path -> {
            if (path.endsWith(JournalFile.NAME)) {
                disk().failOnceAfter(SimulatedDisk.Call.SYNC, 0);
            }
        });
        try {
            // The first flush gives segments their names, the second one asks for a journal.
            append("a");
            log.flush();
            append("b");
            log.flush();
            offline.await();
        } catch (KafkaStorageException e) {
            assertThat(disk().hasFailed()).as(e.toString()).isTrue();
        }

        assertThat(directory.isOnline()).isFalse();
    }

    /** What was acknowledged is there, whoever met the failure. */
    @Seeded(runs = 100)
    void nothingIsAcknowledgedThatASyncHasLost(RandomGenerator random) throws IOException {
        start(random);
        append("a");
        settle();
        disk().failOnceAfter(SimulatedDisk.Call.SYNC, random.nextInt(12));
        long durable = log.durableEndOffset();
        try {
            for (int i = 0; i < 10 && directory.isOnline(); i++) {
                log.appendAsLeader(Batches.of("b" + i), 0, Origin.CLIENT);
                if (random.nextInt(3) == 0) {
                    log.durability().settle();
                }
                log.flush();
                durable = log.durableEndOffset();
            }
        } catch (IOException | KafkaStorageException e) {
            assertThat(disk().hasFailed()).as(e.toString()).isTrue();
        }

        cutPower();

        assertThat(log.logEndOffset()).isGreaterThanOrEqualTo(durable);
    }

    /** The bytes are there when an index cannot be written: they go again. */
    @Seeded(runs = 1)
    void aBatchWhoseIndexFoundNoDescriptorIsTakenBack(RandomGenerator random) throws Exception {
        start(random);
        append("a");
        fill(2);
        append("x".repeat(200));
        stop();
        assertThat(active().isOpen()).isFalse();
        int refusedBefore = disk().refusedOpenings();
        disk().leaveDescriptors(disk().openChannels() + 1);
        AtomicBoolean taken = new AtomicBoolean(true);

        Thread appending = Thread.ofPlatform().start(() -> taken.set(isTaken("refused")));
        // It gives up; taking the batch back waits for a descriptor.
        while (appending.isAlive() && disk().refusedOpenings() <= refusedBefore + ATTEMPTS) {
            Thread.onSpinWait();
        }
        disk().leaveDescriptors(Integer.MAX_VALUE);
        appending.join();

        assertThat(taken).isFalse();
        append("b");
        List<String> written = Batches.all(log);
        assertThat(active().path()).hasSize(log.cleaning().view().endPosition());
        kill();
        assertThat(Batches.all(log)).isEqualTo(written);
    }

    private boolean isTaken(String value) {
        try {
            return log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT) instanceof Append.Done;
        } catch (KafkaStorageException e) {
            return false;
        }
    }
}
