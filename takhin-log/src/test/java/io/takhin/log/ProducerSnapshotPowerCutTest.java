package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * Who wrote the records that are deleted at a log's start, and which transactions are open since,
 * is known from a snapshot alone: it outlives whatever comes.
 */
class ProducerSnapshotPowerCutTest extends PowerCutFixture {
    private static final long PRODUCER = 7;

    /** One that begins at offset 0, and three segments. */
    private void writeOpenTransaction() {
        begin(PRODUCER);
        fill(3);
    }

    private List<Long> openTransactions() {
        return log.activeProducers().stream().map(ActiveProducer::transactionStart).toList();
    }

    private long baseOf(int segment) {
        return segments().get(segment).baseOffset();
    }

    /** A start made those behind the first segment anew, and did not live to sync them. */
    private void killWithUnsynced() throws IOException {
        writeOpenTransaction();
        settle();
        Files.delete(PartitionFiles.offsetIndex(log.directory(), 0));
        kill();
        kill();
    }

    private void dropFirstSegment() throws IOException {
        log.advanceLogStart(baseOf(1));
        directory.groupCommit().commitAndWait(List.of(log));
        forgetEpochs();
    }

    @Seeded(runs = 20)
    void ofAKilledProcessItIsDurableBeforeRecordsGo(RandomGenerator random) throws IOException {
        start(random);
        killWithUnsynced();
        settle();
        dropFirstSegment();

        cutPower();

        assertThat(openTransactions()).containsExactly(0L);
    }

    @Seeded(runs = 20)
    void itIsDurableAfterAKillAndACleanStop(RandomGenerator random) throws IOException {
        start(random);
        killWithUnsynced();
        stop();
        dropFirstSegment();

        cutPower();

        assertThat(openTransactions()).containsExactly(0L);
    }

    @Seeded(runs = 1)
    void withoutRoomForItRecordsStayAndTheDirectoryLives(RandomGenerator random)
            throws IOException {
        start(random);
        writeOpenTransaction();
        settle();
        long second = baseOf(1);
        Files.delete(PartitionFiles.snapshot(log.directory(), second));
        kill();
        disk().leaveFree(0);

        assertThatThrownBy(() -> log.advanceLogStart(second))
                .isInstanceOf(StorageShortageException.class);

        assertThat(directory.isOnline()).isTrue();
        disk().leaveFree(1 << 20);
        log.advanceLogStart(second);
        assertThat(segments().getFirst().baseOffset()).isEqualTo(second);
        assertThat(openTransactions()).containsExactly(0L);
    }

    @Seeded(runs = 1)
    void whereThereIsNoneItIsMadeBeforeRecordsGo(RandomGenerator random) throws IOException {
        start(random);
        writeOpenTransaction();
        settle();
        // Two crashes may leave it so: the first start makes one anew, the second one loses it.
        Files.delete(PartitionFiles.snapshot(log.directory(), baseOf(1)));
        kill();
        log.advanceLogStart(baseOf(1));
        forgetEpochs();

        kill();

        assertThat(openTransactions()).containsExactly(0L);
    }

    @Seeded(runs = 1)
    void aTornOneIsMadeAnewBeforeRecordsGo(RandomGenerator random) throws IOException {
        start(random);
        writeOpenTransaction();
        settle();
        Files.write(PartitionFiles.snapshot(log.directory(), baseOf(1)), new byte[56]);
        kill();
        log.advanceLogStart(baseOf(1));
        forgetEpochs();

        kill();

        assertThat(openTransactions()).containsExactly(0L);
    }

    @Seeded(runs = 100)
    void aPowerCutWhileRecordsGoLeavesTheOneThatIsNeeded(RandomGenerator random)
            throws IOException {
        start(random);
        writeOpenTransaction();
        settle();
        long start = baseOf(2);
        forgetEpochs();
        disk().cutPowerAfter(random.nextInt(25));
        try {
            log.advanceLogStart(start);
        } catch (KafkaStorageException e) {
            assertThat(disk().isOut()).as(e.toString()).isTrue();
        }

        cutPower();

        assertThat(openTransactions()).containsExactly(0L);
    }

    @Seeded(runs = 100)
    void aPowerCutWhileALogIsEmptiedLeavesTheOneThatIsNeeded(RandomGenerator random)
            throws IOException {
        start(random);
        writeOpenTransaction();
        settle();
        log.advanceLogStart(baseOf(1));
        settle();
        forgetEpochs();
        disk().cutPowerAfter(random.nextInt(25));
        try {
            log.truncateFullyAndStartAt(0);
        } catch (KafkaStorageException e) {
            assertThat(disk().isOut()).as(e.toString()).isTrue();
        }

        cutPower();

        if (log.logEndOffset() > log.logStartOffset()) {
            assertThat(openTransactions()).containsExactly(0L);
        }
    }

    @Seeded(runs = 100)
    void ofALogThatWasEmptiedNoneComesBack(RandomGenerator random) throws IOException {
        start(random);
        writeOpenTransaction();
        settle();
        long first = baseOf(1);
        log.advanceLogStart(first);
        settle();
        log.truncateFullyAndStartAt(first);
        append("new");

        cutPower();

        if (Batches.all(log).toString().contains("new")) {
            assertThat(openTransactions()).isEmpty();
        }
    }

    @Seeded(runs = 1)
    void oneThatAFlushHasStillToSyncIsNotDurable(RandomGenerator random) throws IOException {
        start(random);
        append("first");
        ProducerSnapshots snapshots = new ProducerSnapshots(log.directory(), List.of(), true);
        snapshots.take(new ProducerState());
        assertThat(snapshots.takeUnsynced()).hasSize(1);

        assertThat(snapshots.areSynced()).isFalse();

        snapshots.plannedAreSynced();
        assertThat(snapshots.areSynced()).isTrue();
    }

    @Seeded(runs = 1)
    void ofAnEmptiedLogNoneGoesForWhatWasDroppedBefore(RandomGenerator random) throws IOException {
        start(random);
        append("first");
        ProducerSnapshots snapshots = new ProducerSnapshots(log.directory(), List.of(), true);
        snapshots.dropped(40);
        snapshots.deleteAll();
        ProducerState state = new ProducerState();
        state.setEndOffset(40);
        snapshots.take(state);

        snapshots.forgetDropped();

        assertThat(snapshots.hasWhole(40)).isTrue();
    }
}
