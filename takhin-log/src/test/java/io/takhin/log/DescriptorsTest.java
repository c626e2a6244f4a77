package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Many partitions have bytes that are not on the disk, and the process has few descriptors. */
class DescriptorsTest {
    private static final int PARTITIONS = 1000;
    private static final int FILES_MAX = 64;

    /** An index entry for each batch, so that checkpoints write index files too. */
    private static final LogConfig CONFIG = Batches.config(4000, 0);

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final SimulatedDisk disk = new SimulatedDisk(new Random(1));
    private final List<PartitionLog> logs = new ArrayList<>();

    private LogDirectory open(FlushRule rule, int filesMax) throws IOException {
        LogDirectorySettings settings = Directories.settings(CONFIG, 1);
        return LogDirectory.open(disk.root().resolve("data"), settings, rule, filesMax, clock);
    }

    private void openLogs(LogDirectory directory, int count) {
        logs.clear();
        for (int i = 0; i < count; i++) {
            logs.add(directory.open(new TopicPartition("t", i), Uuid.ONE_UUID, CONFIG));
        }
    }

    private static Append append(PartitionLog log, String value) {
        return log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT);
    }

    private void appendToAll(String value) {
        for (PartitionLog log : logs) {
            assertThat(append(log, value)).isInstanceOf(Append.Done.class);
        }
    }

    private void workOnAllAndCutThePower(LogDirectory directory) throws IOException {
        openLogs(directory, PARTITIONS);
        appendToAll("a");
        appendToAll("b");
        logs.forEach(log -> log.files().checkpoint(0));
        assertThat(logs).allMatch(log -> log.durableEndOffset() == 0);
        logs.forEach(PartitionLog::requestFlush);
        logs.forEach(PartitionLog::flush);
        appendToAll("c");
        logs.forEach(PartitionLog::flush);
        assertThat(directory.failure()).isEmpty();
        disk.cutPower();
        directory.abandon();
        disk.restart();
    }

    /** All is durable and every file closed, and none can be opened. */
    private void restWithoutDescriptors(LogDirectory directory) throws IOException {
        logs.forEach(PartitionLog::flush);
        directory.letRest();
        directory.letRest();
        disk.leaveDescriptors(0);
    }

    private void checkAll(LogDirectory directory) throws IOException {
        openLogs(directory, PARTITIONS);
        for (PartitionLog log : logs) {
            assertThat(Batches.all(log)).containsExactly("0=a", "1=b", "2=c");
        }
    }

    @Test
    void dirtyPartitionsTakeNoMoreThanTheirShare() throws IOException {
        LogDirectory directory = open(FlushRule.MEASURED, FILES_MAX);
        // The lock, the journal, and what is opened for a moment by some threads.
        disk.leaveDescriptors(FILES_MAX + 10);

        workOnAllAndCutThePower(directory);

        try (LogDirectory again = open(FlushRule.MEASURED, FILES_MAX)) {
            checkAll(again);
        }
        assertThat(disk.openChannels()).isZero();
    }

    @Test
    void whoAppendsDoesNotWaitForTheDiskWhileTheHousekeeperKeepsUp() throws Exception {
        Set<String> syncing = ConcurrentHashMap.newKeySet();
        CountDownLatch prepared = new CountDownLatch(1);
        try (LogDirectory directory = open(FlushRule.FILE_BY_FILE, FILES_MAX)) {
            openLogs(directory, FILES_MAX + FILES_MAX / 4);
            disk.gateSyncs(file -> {
                syncing.add(Thread.currentThread().getName());
                prepared.countDown();
            });

            for (int i = 0; i < logs.size(); i++) {
                append(logs.get(i), "a");
                if (i == FILES_MAX - 1) {
                    // After ten seconds the second sweep syncs what is idle.
                    assertThat(prepared.await(8, TimeUnit.SECONDS)).isTrue();
                }
            }

            assertThat(syncing).containsExactly("log-housekeeper");
        }
    }

    @Test
    void partitionsGoOnWhenConnectionsTookDescriptorsOfTheirShare() throws IOException {
        FlushRule noJournal = new FlushRule(0, 0, 0, 4);
        LogDirectory directory = open(noJournal, 10 * PARTITIONS);
        disk.leaveDescriptors(FILES_MAX);

        workOnAllAndCutThePower(directory);

        try (LogDirectory again = open(noJournal, 10 * PARTITIONS)) {
            checkAll(again);
        }
    }

    @Test
    void withoutAnyDescriptorRequestsAreRefusedAndNothingIsLost() throws IOException {
        try (LogDirectory directory = open(FlushRule.MEASURED, FILES_MAX)) {
            openLogs(directory, 1);
            PartitionLog log = logs.getFirst();
            append(log, "a");
            restWithoutDescriptors(directory);

            Append refused = append(log, "b");
            assertThatThrownBy(() -> Batches.all(log)).isInstanceOf(KafkaStorageException.class);

            assertThat(refused)
                    .isInstanceOfSatisfying(
                            Append.Refused.class,
                            answer ->
                                    assertThat(answer.error())
                                            .isEqualTo(Errors.KAFKA_STORAGE_ERROR));
            assertThat(directory.failure()).isEmpty();
            disk.leaveDescriptors(FILES_MAX);
            append(log, "c");
            assertThat(Batches.all(log)).containsExactly("0=a", "1=c");
        }
    }

    @Test
    void aFlushWaitsForADescriptor() throws Exception {
        try (LogDirectory directory = open(FlushRule.MEASURED, FILES_MAX)) {
            openLogs(directory, 1);
            PartitionLog log = logs.getFirst();
            append(log, "a");
            CountDownLatch durable = new CountDownLatch(1);
            CountDownLatch syncing = new CountDownLatch(1);
            log.onDurable((_, _) -> durable.countDown());
            disk.gateSyncs(_ -> {
                // The file of records is open; names are synced after it, and are not.
                disk.leaveDescriptors(0);
                syncing.countDown();
            });

            log.requestFlush();
            syncing.await();
            disk.gateSyncs(_ -> {});
            assertThat(durable.getCount()).isOne();
            disk.leaveDescriptors(FILES_MAX);
            durable.await();

            assertThat(directory.failure()).isEmpty();
            assertThat(log.durableEndOffset()).isOne();
        }
    }

    @Test
    void aCutWaitsForADescriptor() throws Exception {
        try (LogDirectory directory = open(FlushRule.MEASURED, FILES_MAX)) {
            openLogs(directory, 1);
            PartitionLog log = logs.getFirst();
            append(log, "a");
            append(log, "b");
            restWithoutDescriptors(directory);

            Thread cutting = Thread.ofPlatform().start(() -> log.truncateTo(1));
            awaitLongWant(cutting);
            disk.leaveDescriptors(FILES_MAX);
            cutting.join();

            assertThat(directory.failure()).isEmpty();
            assertThat(Batches.all(log)).containsExactly("0=a");
        }
    }

    @Test
    void aDropOfSegmentsWaitsForADescriptor() throws Exception {
        try (LogDirectory directory = open(FlushRule.FILE_BY_FILE, FILES_MAX)) {
            openLogs(directory, 1);
            PartitionLog log = logs.getFirst();
            for (int i = 0; log.segmentCount() < 4; i++) {
                appendOfProducer(log, i);
            }
            appendOfProducer(log, Math.toIntExact(log.logEndOffset()));
            long last = log.logEndOffset() - 1;
            restWithoutDescriptors(directory);

            Thread dropping = Thread.ofPlatform().start(() -> log.advanceLogStart(last));
            awaitLongWant(dropping);
            disk.leaveDescriptors(FILES_MAX);
            dropping.join();

            assertThat(directory.failure()).isEmpty();
            assertThat(log.segmentCount()).isOne();
            assertThat(Batches.all(log)).containsExactly(last + "=value-" + last);
        }
    }

    @Test
    void anAppendThatIsTakenBackWaitsForADescriptor() throws Exception {
        try (LogDirectory directory = open(FlushRule.FILE_BY_FILE, FILES_MAX)) {
            openLogs(directory, 1);
            appendOfProducer(logs.getFirst(), 0);
        }
        try (LogDirectory directory = open(FlushRule.FILE_BY_FILE, FILES_MAX)) {
            openLogs(directory, 1);
            PartitionLog log = logs.getFirst();
            int before = disk.openChannels();
            // For the batch, and not for its place in an index.
            disk.leaveDescriptors(before + 1);

            Thread appending = Thread.ofPlatform().start(() -> appendOfProducer(log, 1));
            awaitLongWant(appending);
            // For the index, and not for the snapshot of the producer.
            disk.leaveDescriptors(before + 2);
            awaitLongWant(appending);
            disk.leaveDescriptors(FILES_MAX);
            appending.join();

            assertThat(directory.failure()).isEmpty();
            appendOfProducer(log, 1);
            assertThat(Batches.all(log)).containsExactly("0=value-0", "1=value-1");
        }
    }

    private static Append appendOfProducer(PartitionLog log, int sequence) {
        return log.appendAsLeader(
                Batches.idempotent(7, 0, sequence, "value-" + sequence), 0, Origin.CLIENT);
    }

    /** Longer than whoever may be refused. */
    private void awaitLongWant(Thread waiting) {
        int refused = disk.refusedOpenings();
        while (waiting.isAlive() && disk.refusedOpenings() < refused + 30) {
            Thread.onSpinWait();
        }
    }

    @Test
    void filesAndConnectionsShareWhatTheProcessDoesNotNeedItself() {
        assertThat(of("256")).isEqualTo(new Descriptors(256, 64, 64));
        assertThat(of("1024")).isEqualTo(new Descriptors(1024, 448, 448));
        assertThat(of("20000")).isEqualTo(new Descriptors(20_000, 9936, 9936));
        assertThat(of("1048576")).isEqualTo(new Descriptors(1_048_576, 20_000, 1_028_448));
        assertThat(of("64")).isEqualTo(new Descriptors(64, 16, 16));
    }

    @Test
    void whereTheSystemDoesNotSayItIsWhatManyAllow() {
        Descriptors many = new Descriptors(4096, 1984, 1984);

        assertThat(of("unlimited")).isEqualTo(many);
        assertThat(of("9223372036854775807")).isEqualTo(many);
        assertThat(Descriptors.of(List.of())).isEqualTo(many);
    }

    private static Descriptors of(String soft) {
        return Descriptors.of(limits(soft));
    }

    private static List<String> limits(String soft) {
        return List.of(
                "Limit                     Soft Limit           Hard Limit           Units     ",
                "Max processes             95868                95868                processes ",
                "Max open files            %-20s %-20s files     ".formatted(soft, soft));
    }
}
