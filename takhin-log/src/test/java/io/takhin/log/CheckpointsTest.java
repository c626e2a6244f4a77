package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.file.DirectoryLock;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.AbstractCollection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log gets shorter while a checkpoint is being written that asked it before; a full disk. */
class CheckpointsTest {
    @TempDir Path root;
    private DirectoryHost host;
    private LogDirectory directory;

    @BeforeEach
    void start() throws IOException {
        LogDirectorySettings settings = Directories.settings(Batches.config(), 1);
        ManualClock clock = new ManualClock(Batches.NOW);
        host = new DirectoryHost(root, settings, FlushRule.MEASURED, 100, clock);
        directory = new LogDirectory(root, DirectoryLock.take(root), host, OptionalLong.empty());
    }

    @AfterEach
    void stop() {
        directory.close();
    }

    @Test
    void aCutIsNotUndoneByACheckpointThatBeganBeforeIt() throws Exception {
        PartitionLog log = durableLogOf(10);

        writeWhile(log, () -> log.truncateTo(3));

        assertThat(host.checkpoints().recoveryPoint(Directories.ORDERS)).isEqualTo(3);
    }

    @Test
    void aNewLogIsNotTakenForADeletedOneThatACheckpointHadAsked() throws Exception {
        PartitionLog log = durableLogOf(10);

        writeWhile(
                log,
                () -> {
                    directory.delete(Directories.ORDERS);
                    directory.open(Directories.ORDERS, Uuid.randomUuid(), Batches.config());
                });

        assertThat(host.checkpoints().recoveryPoint(Directories.ORDERS)).isZero();
    }

    /** Compaction takes it for what the next start knows. */
    @Test
    void aRecoveryPointIsWrittenOnceItsFileHasItsName() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
        Checkpoints checkpoints = new Checkpoints(disk.root(), () -> {});
        PartitionLog log = durableLogOf(10);
        List<Long> meanwhile = new ArrayList<>();
        disk.gateSyncs(path -> {
            if (path.equals(disk.root())) {
                meanwhile.add(checkpoints.recoveryPoint(Directories.ORDERS));
            }
        });

        checkpoints.write(List.of(log));

        assertThat(meanwhile).containsExactly(0L);
        assertThat(checkpoints.recoveryPoint(Directories.ORDERS)).isEqualTo(10);
    }

    @Test
    void recoveryPointsThatAFullDiskTookAreAskedForAgain() throws Exception {
        SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
        List<String> asked = new ArrayList<>();
        Checkpoints checkpoints = new Checkpoints(disk.root(), () -> asked.add("later"));
        PartitionLog log = durableLogOf(10);
        checkpoints.write(List.of(log));
        disk.leaveFree(1);

        checkpoints.write(List.of());

        assertThat(disk.root().resolve(OffsetCheckpoint.RECOVERY_POINTS)).doesNotExist();
        assertThat(asked).containsExactly("later");
    }

    private PartitionLog durableLogOf(int records) {
        PartitionLog log = directory.open(Directories.ORDERS, Uuid.randomUuid(), Batches.config());
        for (int i = 0; i < records; i++) {
            log.appendAsLeader(Batches.of("value"), 0, Origin.CLIENT);
        }
        log.flush();
        assertThat(log.recoveryPoint()).isEqualTo(records);
        return log;
    }

    /** The change begins when the checkpoint has asked the log, and before it is written. */
    private void writeWhile(PartitionLog log, Runnable change) throws Exception {
        Thread changing = Thread.ofPlatform().unstarted(change);
        host.checkpoints().write(asking(log, changing));
        changing.join();
    }

    private static Collection<PartitionLog> asking(PartitionLog log, Thread then) {
        Iterator<PartitionLog> only = List.of(log).iterator();
        return new AbstractCollection<>() {
            @Override
            public Iterator<PartitionLog> iterator() {
                return new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        if (!only.hasNext()) {
                            runUntilItWaits(then);
                        }
                        return only.hasNext();
                    }

                    @Override
                    public PartitionLog next() {
                        return only.next();
                    }
                };
            }

            @Override
            public int size() {
                return 1;
            }
        };
    }

    private static void runUntilItWaits(Thread thread) {
        thread.start();
        while (thread.isAlive() && thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }
}
