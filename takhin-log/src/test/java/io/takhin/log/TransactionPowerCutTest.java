package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.junit.jupiter.api.io.TempDir;

/**
 * Transactions of several producers in each other, over many segments, on a disk that loses what
 * was not synced, while leaders change, followers truncate, records are deleted, and again and
 * again the power goes in the middle of a call. Whatever prefix of the log survives: its producers,
 * transactions, epochs and times are what that prefix says, and nothing acknowledged is missing.
 */
class TransactionPowerCutTest {
    private static final int CUTS = 10;
    private static final int PARTITIONS = 2;
    private static final FlushRule RULE = new FlushRule(16 << 10, 1 << 10, 8 << 10, 4);

    @TempDir Path copies;

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final List<Replica> replicas = new ArrayList<>();
    private RandomGenerator random = new SplittableRandom(1);
    private SimulatedDisk disk = new SimulatedDisk(random);
    private LogConfig config = Batches.config();

    /** One partition of this broker: it leads it, or follows another one. */
    private static final class Replica {
        final TopicPartition partition;
        final TransactionModel model = new TransactionModel();
        final TransactionWriters writers;
        int leaderEpoch;
        boolean leads = true;

        Replica(int partition, RandomGenerator random) {
            this.partition = new TopicPartition("t", partition);
            this.writers = new TransactionWriters(random);
        }

        /** Of what a cut took that no flush followed, the journal may put something back. */
        long endAfterKill() {
            return model.mayGetBack() ? model.acknowledged() : model.end();
        }
    }

    @Seeded(runs = 20, cutsEach = CUTS)
    void whateverSurvivesIsKnownOfProducersAndTransactions(RandomGenerator seeded)
            throws IOException {
        random = seeded;
        disk = new SimulatedDisk(random);
        config =
                Batches.config(1024 + random.nextInt(3000), 50 + random.nextInt(400))
                        .with()
                        .fileDeleteDelay(Duration.ZERO)
                        .segmentAge(Duration.ofMinutes(2 + random.nextInt(60)))
                        .build();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            replicas.add(new Replica(partition, random));
        }
        try {
            for (int cut = 0; cut < CUTS; cut++) {
                LogDirectory directory = open();
                checkAll(directory);
                workUntilCut(directory);
                disk.restart();
                while (random.nextInt(3) == 0) {
                    cutWhileOpening();
                }
            }
            LogDirectory directory = open();
            checkAll(directory);
            stopAndAskKafka(directory);
        } catch (AssertionError | RuntimeException | IOException e) {
            e.addSuppressed(
                    new IllegalStateException("the disk: " + String.join("\n", disk.history())));
            throw e;
        }
    }

    private void stopAndAskKafka(LogDirectory directory) throws IOException {
        Replica replica = replicas.get(random.nextInt(PARTITIONS));
        PartitionLog log = log(directory, replica);
        long start = log.logStartOffset();
        Path copy = copies.resolve(UUID.randomUUID().toString()).resolve("t-0");
        directory.close();
        KafkaTransactions.copy(log.directory(), copy);
        KafkaTransactions.check(copy, config, replica.model, start);
    }

    private LogDirectory open() throws IOException {
        LogDirectorySettings settings = Directories.settings(config, 1);
        return LogDirectory.open(disk.root().resolve("data"), settings, RULE, clock);
    }

    private PartitionLog log(LogDirectory directory, Replica replica) {
        return directory.open(replica.partition, replica.model.topic, config);
    }

    private void cutWhileOpening() throws IOException {
        disk.cutPowerAfter(random.nextInt(30));
        try {
            open().abandon();
        } catch (IOException e) {
            assertThat(disk.isOut()).as(e.toString()).isTrue();
        }
        disk.cutPower();
        disk.restart();
    }

    private void checkAll(LogDirectory directory) throws IOException {
        for (Replica replica : replicas) {
            PartitionLog log = log(directory, replica);
            new SurvivingTransactions(log, replica.model, random).check();
        }
    }

    private void workUntilCut(LogDirectory opened) throws IOException {
        LogDirectory directory = opened;
        disk.cutPowerAfter(random.nextInt(random.nextInt(10) == 0 ? 800 : 200));
        while (directory.isOnline() && !disk.isOut()) {
            try {
                if (random.nextInt(50) == 0) {
                    directory = restart(directory);
                } else {
                    Replica replica = replicas.get(random.nextInt(PARTITIONS));
                    step(directory, replica, log(directory, replica));
                }
            } catch (KafkaStorageException | IOException e) {
                assertThat(disk.isOut()).as(e.toString()).isTrue();
            }
        }
        directory.abandon();
    }

    /** By a clean stop, or by a kill of the process while the machine goes on. */
    private LogDirectory restart(LogDirectory directory) throws IOException {
        if (random.nextBoolean()) {
            directory.close();
            if (directory.isOnline() && !disk.isOut()) {
                replicas.forEach(replica -> replica.model.flushed());
            }
        } else {
            directory.abandon();
        }
        LogDirectory reopened = open();
        disk.cutPowerAfter(Integer.MAX_VALUE);
        if (!disk.isOut()) {
            List<Long> ends = replicas.stream().map(Replica::endAfterKill).toList();
            checkAll(reopened);
            for (int i = 0; i < PARTITIONS; i++) {
                assertThat(replicas.get(i).model.end())
                        .as("without a power cut nothing is lost")
                        .isGreaterThanOrEqualTo(ends.get(i));
            }
            disk.cutPowerAfter(random.nextInt(200));
        }
        return reopened;
    }

    private void step(LogDirectory directory, Replica replica, PartitionLog log)
            throws IOException {
        try {
            switch (random.nextInt(30)) {
                case 0 -> checkpoint(directory);
                case 1 -> change(replica, log);
                case 2 -> {
                    deleteRecords(directory, replica.model, log);
                    ask(replica, log);
                }
                case 3 -> {
                    truncate(replica, log);
                    ask(replica, log);
                }
                case 4 -> directory.letRest();
                case 5 -> clock.advance(Duration.ofSeconds(random.nextInt(60)));
                case 6 -> log.requestFlush();
                case 7 -> ask(replica, log);
                default -> write(replica, log);
            }
        } finally {
            replica.model.acknowledgedUpTo(log.durableEndOffset());
        }
    }

    private static void checkpoint(LogDirectory directory) throws IOException {
        for (PartitionLog each : directory.logs()) {
            each.files().checkpoint(500);
        }
        directory.writeCheckpoints();
    }

    /** What anybody is told now. */
    private void ask(Replica replica, PartitionLog log) {
        SurvivingTransactions transactions = new SurvivingTransactions(log, replica.model, random);
        transactions.checkNow();
        transactions.checkTimes();
        transactions.checkEpochs();
    }

    /** Of the leader. */
    private void change(Replica replica, PartitionLog log) {
        replica.leaderEpoch += 1 + random.nextInt(2);
        replica.leads = random.nextBoolean();
        if (replica.leads) {
            log.epochs().begin(replica.leaderEpoch);
        }
    }

    /** Anywhere below what is acknowledged, or just behind a transaction that was rolled back. */
    private void deleteRecords(LogDirectory directory, TransactionModel model, PartitionLog log)
            throws IOException {
        long start = log.logStartOffset();
        long most = Math.max(start, model.acknowledged());
        long[] behindMarkers =
                model.producers().aborted().stream()
                        .mapToLong(txn -> txn.lastOffset() + 1)
                        .filter(offset -> offset >= start && offset <= most)
                        .toArray();
        long offset =
                behindMarkers.length == 0 || random.nextBoolean()
                        ? random.nextLong(start, most + 1)
                        : behindMarkers[random.nextInt(behindMarkers.length)];
        model.start.mayBe(offset);
        log.advanceLogStart(offset);
        if (random.nextInt(3) == 0) {
            // A flush of records does not wait for the start.
            directory.groupCommit().commitAndWait(List.of(log));
            directory.writeCheckpoints();
            if (!disk.isOut()) {
                model.flushed();
                model.start.isDurable(offset);
            }
        }
    }

    /** As a follower does whose records are not its new leader's; often just a marker goes. */
    private void truncate(Replica replica, PartitionLog log) throws IOException {
        TransactionModel model = replica.model;
        replica.leads = false;
        replica.leaderEpoch++;
        if (random.nextInt(8) == 0) {
            long at = random.nextBoolean() ? 0 : log.logStartOffset();
            model.emptied(at);
            log.truncateFullyAndStartAt(at);
            return;
        }
        // Below the start there may be more, but not below the first segment.
        long first = random.nextInt(3) == 0 ? firstBaseOf(log) : log.logStartOffset();
        long from = random.nextInt(4) == 0 ? first : Math.max(first, model.end() - 40);
        boolean markers = random.nextInt(3) > 0;
        long to = model.anyBase(from, random, batch -> !markers || batch.sent.marker() != null);
        model.truncated(to);
        log.truncateTo(to);
    }

    private static long firstBaseOf(PartitionLog log) throws IOException {
        try (Stream<Path> files = Files.list(log.directory())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".log"))
                    .mapToLong(name -> Long.parseLong(name.replace(".log", "")))
                    .min()
                    .orElse(log.logStartOffset());
        }
    }

    private void write(Replica replica, PartitionLog log) {
        for (int i = random.nextInt(4); i >= 0; i--) {
            if (replica.leads) {
                if (!append(replica, log)) {
                    return;
                }
            } else {
                replicate(replica, log);
            }
        }
        // Coordinators wait for their markers.
        if (random.nextInt(replica.model.endsWithMarker() ? 10 : 2) > 0) {
            log.flush();
            replica.model.flushed();
        }
    }

    /** False when the log is offline. */
    private boolean append(Replica replica, PartitionLog log) {
        TransactionModel model = replica.model;
        SentBatch batch = replica.writers.next(model.producers());
        Origin origin = batch.marker() == null ? Origin.CLIENT : Origin.COORDINATOR;
        Append answer = log.appendAsLeader(batch.copy(), replica.leaderEpoch, origin);
        long base = model.end();
        if (disk.isOut() && !(answer instanceof Append.Done)) {
            model.attempted(List.of(batch), replica.leaderEpoch);
            return false;
        }
        assertThat(answer)
                .as("%s in %s", batch, replica.partition)
                .isEqualTo(
                        new Append.Done(base, base + batch.count() - 1, -1, log.logStartOffset()));
        model.appended(batch, replica.leaderEpoch);
        return true;
    }

    /** Some batches at once, as a fetch brings them. */
    private void replicate(Replica replica, PartitionLog log) {
        TransactionModel model = replica.model;
        List<SentBatch> batches = new ArrayList<>();
        ByteBuffer fetched = ByteBuffer.allocate(1 << 12);
        ModelProducers producers = model.producers();
        long next = model.end();
        for (int i = random.nextInt(3); i >= 0; i--) {
            SentBatch batch = replica.writers.next(producers);
            batches.add(batch);
            fetched.put(batch.placed(next, replica.leaderEpoch));
            producers = producers.then(batch, next);
            next += batch.count();
        }
        try {
            log.appendAsFollower(fetched.flip());
        } catch (KafkaStorageException e) {
            model.attempted(batches, replica.leaderEpoch);
            throw e;
        }
        batches.forEach(batch -> model.appended(batch, replica.leaderEpoch));
    }
}
