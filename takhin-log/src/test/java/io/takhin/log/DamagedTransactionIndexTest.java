package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What readers of committed records are told when a transaction index is not what was written. */
class DamagedTransactionIndexTest {
    private static final LogConfig CONFIG = Batches.config(2500, 200);
    private static final int PRODUCERS = 4;

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final Map<Long, Integer> sequences = new HashMap<>();
    private final Set<Long> open = new HashSet<>();
    private Path directoryOfLog;

    @BeforeEach
    void name() {
        directoryOfLog = root.resolve("orders-0");
    }

    private LogDirectory open() throws IOException {
        return Directories.open(root, CONFIG, clock);
    }

    private static PartitionLog orders(LogDirectory directory) {
        return Directories.orders(directory, CONFIG);
    }

    /** Records of some producers, in transactions that overlap, and of others without. */
    private void write(PartitionLog log, RandomGenerator random, int batches) {
        for (int i = 0; i < batches; i++) {
            long id = 10L + random.nextInt(PRODUCERS);
            if (random.nextInt(3) == 0) {
                append(log, Batches.of("plain " + i), Origin.CLIENT);
            } else if (open.contains(id) && random.nextInt(3) == 0) {
                end(
                        log,
                        id,
                        random.nextInt(3) == 0
                                ? ControlRecordType.COMMIT
                                : ControlRecordType.ABORT);
            } else {
                int sequence = sequences.merge(id, 1, Integer::sum) - 1;
                append(log, Batches.transactional(id, 0, sequence, "value " + i), Origin.CLIENT);
                open.add(id);
            }
        }
    }

    private void end(PartitionLog log, long id, ControlRecordType type) {
        append(log, Batches.marker(id, 0, type, 1), Origin.COORDINATOR);
        open.remove(id);
    }

    private static void append(PartitionLog log, ByteBuffer batch, Origin origin) {
        assertThat(log.appendAsLeader(batch, 0, origin)).isInstanceOf(Append.Done.class);
    }

    private List<Path> indexes() throws IOException {
        try (Stream<Path> files = Files.list(directoryOfLog)) {
            return files.filter(file -> file.toString().endsWith(PartitionFiles.TRANSACTION_INDEX))
                    .filter(file -> file.toFile().length() > 0)
                    .sorted()
                    .toList();
        }
    }

    /** For ranges of all lengths: those that a fetch from any offset would ask for. */
    private static List<Set<AbortedTransaction>> answers(PartitionLog log) {
        List<Set<AbortedTransaction>> answers = new ArrayList<>();
        for (long from = 0; from < log.logEndOffset(); from += 3) {
            for (long to = from + 1; to <= log.logEndOffset(); to += 7) {
                answers.add(Set.copyOf(log.abortedTransactions(from, to)));
            }
        }
        return answers;
    }

    @Seeded(runs = 100)
    void aFlippedBitChangesNoAnswer(RandomGenerator random) throws IOException {
        List<Set<AbortedTransaction>> expected = writeAndAsk(random);
        List<Path> files = indexes();
        Path victim = files.get(random.nextInt(files.size()));
        long bit = random.nextLong(8L * Files.size(victim));
        DamagedFilesTest.flip(victim, bit);

        try (LogDirectory directory = open()) {
            assertThat(answers(orders(directory)))
                    .as("bit %d of %s", bit, victim.getFileName())
                    .isEqualTo(expected);
        }
    }

    @Seeded(runs = 20)
    void anEntryThatIsMissingIsNoticed(RandomGenerator random) throws IOException {
        List<Set<AbortedTransaction>> expected = writeAndAsk(random);
        List<Path> files = indexes();
        Path victim = files.get(random.nextInt(files.size()));
        byte[] bytes = Files.readAllBytes(victim);
        int entries = bytes.length / TransactionIndex.ENTRY_BYTES;
        int kept = random.nextInt(entries) * TransactionIndex.ENTRY_BYTES;
        Files.write(victim, Arrays.copyOf(bytes, kept));

        try (LogDirectory directory = open()) {
            assertThat(answers(orders(directory)))
                    .as("%d bytes of %s", kept, victim.getFileName())
                    .isEqualTo(expected);
        }

        assertThat(Files.readAllBytes(victim)).isEqualTo(bytes);
    }

    private List<Set<AbortedTransaction>> writeAndAsk(RandomGenerator random) throws IOException {
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            write(log, random, 150);
            undo(log, 10L + PRODUCERS);
            return answers(log);
        }
    }

    private void undo(PartitionLog log, long id) {
        append(log, Batches.transactional(id, 0, 0, "undone"), Origin.CLIENT);
        end(log, id, ControlRecordType.ABORT);
    }

    /** Then entries may rightly say more than the batches do. */
    @Seeded(runs = 60)
    void aFlippedBitShowsAndHidesNothingAfterCompaction(RandomGenerator random) throws IOException {
        LogConfig compacted = CONFIG.withCleanup(Cleanup.compact(0, 0));
        List<String> expected;
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            RandomLog writer = new RandomLog(random);
            writer.append(log, 150);
            writer.endTransactions(log);
            Directories.settle(directory, log);
            log.reconfigure(compacted);
            new CompactionLook(
                            directory,
                            Directories.ALL_VISIBLE,
                            clock,
                            Directories.unlimited(clock, 1 << 20))
                    .run();
            expected = SegmentSwapTest.latest(log);
        }
        List<Path> files = indexes();
        assumeThat(files).isNotEmpty();
        Path victim = files.get(random.nextInt(files.size()));
        long bit = random.nextLong(8L * Files.size(victim));
        DamagedFilesTest.flip(victim, bit);

        try (LogDirectory directory = open()) {
            assertThat(SegmentSwapTest.latest(orders(directory)))
                    .as("bit %d of %s", bit, victim.getFileName())
                    .isEqualTo(expected);
        }
    }

    /** Of a log that is closed then: records that were rolled back, and one behind them. */
    private List<AbortedTransaction> undoneBeforeAPlainRecord() throws IOException {
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            undo(log, 10);
            append(log, Batches.of("plain"), Origin.CLIENT);
            return log.abortedTransactions(0, 3);
        }
    }

    @Test
    void aFileThatIsGoneIsNoticedThoughNobodyRemembersTheProducers() throws IOException {
        List<AbortedTransaction> expected = undoneBeforeAPlainRecord();
        Files.delete(indexes().getFirst());
        clock.advance(Duration.ofDays(800));
        try (LogDirectory directory = open()) {
            orders(directory).expireProducers(Duration.ofDays(1));
        }

        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            assertThat(log.activeProducers()).isEmpty();
            log.read(0, 1 << 20, true, 3);

            assertThat(expected).hasSize(1);
            assertThat(log.abortedTransactions(0, 3)).isEqualTo(expected);
        }
    }

    @Test
    void whoMayNotWaitIsToldThatTheIndexHasToBeCheckedFirst() throws IOException {
        try (LogDirectory directory = open()) {
            undo(orders(directory), 10);
        }

        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);

            assertThat(log.abortedTransactionsIfChecked(0, 2)).isEmpty();
            log.abortedTransactions(0, 2);
            assertThat(log.abortedTransactionsIfChecked(0, 2).orElseThrow()).hasSize(1);
        }
    }

    // Else it would be told for ever to have it checked first.
    @Test
    void whoAsksALogThatIsOfflineIsToldSo() throws IOException {
        try (LogDirectory directory = open()) {
            undo(orders(directory), 10);
        }
        LogDirectory directory = open();
        PartitionLog log = orders(directory);
        directory.abandon();

        assertThatThrownBy(() -> log.abortedTransactionsIfChecked(0, 2))
                .isInstanceOf(KafkaStorageException.class);
    }

    /** What is asked then is not about the records that were found. */
    @Test
    void whatWasDeletedSinceItWasFoundIsNoticed() throws IOException {
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            append(log, Batches.transactional(7, 0, 0, "rolled back"), Origin.CLIENT);
            append(log, Batches.marker(7, 0, ControlRecordType.ABORT, 0), Origin.COORDINATOR);
            log.cleaning().close(log.cleaning().view().active());
            append(log, Batches.of("later"), Origin.CLIENT);
            LogRead.Found found = (LogRead.Found) log.read(0, 1 << 20, true, log.logEndOffset());
            assertThat(log.has(found)).isTrue();

            log.advanceLogStart(2);

            assertThat(log.has(found)).isFalse();
            found.records().release();
        }
    }

    @Test
    void damagedRecordsDoNotSpeakAgainstTheIndex() throws IOException {
        List<AbortedTransaction> expected = undoneBeforeAPlainRecord();
        // The producer's id, in the header of the first batch.
        DamagedFilesTest.flip(PartitionFiles.log(directoryOfLog, 0), 8L * 50);

        try (LogDirectory directory = open()) {
            assertThat(orders(directory).abortedTransactions(0, 3)).isEqualTo(expected);
        }
    }

    @Test
    void aLogWithoutTransactionsIsNotScanned() throws IOException {
        try (LogDirectory directory = open()) {
            append(orders(directory), Batches.idempotent(10, 0, 0, "value"), Origin.CLIENT);
        }

        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            log.read(0, 1 << 20, true, 1);

            assertThat(log.abortedTransactionsIfChecked(0, 1)).contains(List.of());
        }
    }
}
