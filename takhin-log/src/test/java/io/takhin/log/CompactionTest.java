package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.BufferSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * S83: of each key the last record stays. What stays exactly, {@link CompactionSameAsKafkaTest}
 * says.
 */
class CompactionTest {
    private static final int MAP_BYTES = 1 << 16;
    private static final LogConfig CONFIG =
            Batches.config(600, 100).withCleanup(Cleanup.compact(0.5, 60_000));

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void open() throws IOException {
        directory = Directories.open(root.resolve("data"), CONFIG, clock);
        log = Directories.orders(directory, CONFIG);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private CompactionLook look() throws IOException {
        return new CompactionLook(
                directory, Directories.ALL_VISIBLE, clock, Directories.unlimited(clock, MAP_BYTES));
    }

    private static void write(PartitionLog log, String key, String value) {
        SimpleRecord record =
                new SimpleRecord(Batches.NOW, key.getBytes(UTF_8), value.getBytes(UTF_8));
        assertThat(log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT))
                .isInstanceOf(Append.Done.class);
    }

    /** Twenty records of four keys: "k0=v0" to "k3=v19". */
    private void writeTwenty() throws IOException {
        for (int i = 0; i < 20; i++) {
            write(log, "k" + i % 4, "v" + i + ".".repeat(60));
        }
        Directories.settle(directory, log);
    }

    private static List<String> values(PartitionLog log) throws IOException {
        return Batches.all(log).stream().map(text -> text.replace(".", "")).toList();
    }

    private List<String> names(String suffix) throws IOException {
        try (Stream<Path> files = Files.list(log.directory())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void earlierRecordsOfAKeyGoFromClosedSegments() throws IOException {
        writeTwenty();
        long end = log.logEndOffset();

        look().run();

        long active = log.cleaning().view().active().baseOffset();
        List<String> left = values(log);
        assertThat(left).hasSizeLessThan(10).contains("19=v19", "18=v18");
        assertThat(left.stream().filter(text -> offset(text) < active).map(CompactionTest::key))
                .doesNotHaveDuplicates();
        assertThat(log.logEndOffset()).isEqualTo(end);
        assertThat(log.logStartOffset()).isZero();
        assertThat(names(".swap")).isEmpty();
        assertThat(names(".cleaned")).isEmpty();
    }

    private static long offset(String text) {
        return Long.parseLong(text.substring(0, text.indexOf('=')));
    }

    /** Values count on, keys repeat every four. */
    private static long key(String text) {
        return offset(text) % 4;
    }

    @Test
    void aCompactedLogIsTheSameAfterARestart() throws IOException {
        writeTwenty();
        look().run();
        List<String> left = Batches.all(log);
        directory.abandon();

        open();

        assertThat(Batches.all(log)).isEqualTo(left);
        assertThat(log.findByTimestamp(Batches.NOW).offset()).isEqualTo(offset(left.getFirst()));
    }

    @Test
    void whatWasCompactedIsNotLookedAtAgainAfterARestart() throws IOException {
        writeTwenty();
        look().run();
        directory.close();

        open();

        CleaningStatus status = look().status(log);
        assertThat(status.dirtyBytes()).isZero();
        assertThat(OffsetCheckpoint.read(directory.root().resolve("cleaner-offset-checkpoint")))
                .containsEntry(Directories.ORDERS, log.cleaning().view().active().baseOffset());
    }

    @Test
    void aTopicOfTheSameNameBeginsFromItsStart() throws IOException {
        writeTwenty();
        CompactionLook look = look();
        look.run();

        directory.delete(Directories.ORDERS);

        assertThat(OffsetCheckpoint.read(directory.root().resolve("cleaner-offset-checkpoint")))
                .isEmpty();
    }

    @Test
    void segmentsThatARestartWouldStillCheckAreLeftAlone() throws IOException {
        for (int i = 0; i < 20; i++) {
            write(log, "k", "v" + i + ".".repeat(60));
        }
        log.flush();

        look().run();

        assertThat(Batches.all(log)).hasSize(20);
    }

    @Test
    void recordsBehindTheHighWatermarkAreLeftAlone() throws IOException {
        writeTwenty();
        CompactionLook look =
                new CompactionLook(
                        directory, each -> 7, clock, Directories.unlimited(clock, MAP_BYTES));

        look.run();

        assertThat(values(log).stream().filter(text -> offset(text) >= 7)).hasSize(13);
    }

    // A segment that is deleted a second time finds its name taken by what it was before.
    @Test
    void aSegmentIsCompactedAgainBeforeItsOldFilesAreGone() throws IOException {
        for (int round = 0; round < 3; round++) {
            writeTwenty();
            look().run();
            Directories.settle(directory, log);
        }

        assertThat(directory.isOnline()).isTrue();
        assertThat(Batches.all(log)).hasSizeLessThan(12);
    }

    @Test
    void aLogThatIsCleanEnoughIsLeftAlone() throws IOException {
        writeTwenty();
        log.reconfigure(CONFIG.withCleanup(Cleanup.compact(1, 0)));

        look().run();

        assertThat(Batches.all(log)).hasSize(20);
    }

    @Test
    void youngRecordsStay() throws IOException {
        writeTwenty();
        log.reconfigure(CONFIG.withCleanup(Cleanup.compact(0, 0).withLag(1000, Long.MAX_VALUE)));
        CompactionLook look = look();

        look.run();

        assertThat(Batches.all(log)).hasSize(20);
        clock.advance(Duration.ofSeconds(2));
        look.run();
        assertThat(Batches.all(log)).hasSizeLessThan(10);
    }

    @Test
    void noRecordWaitsLongerThanItMay() throws IOException {
        writeTwenty();
        log.reconfigure(CONFIG.withCleanup(Cleanup.compact(1, 0).withLag(0, 1000)));
        CompactionLook look = look();
        clock.advance(Duration.ofSeconds(2));
        assertThat(look.status(log).overdueSeconds()).isEqualTo(1);

        look.run();

        // Also the active segment was closed for it, although nothing is written any more.
        assertThat(values(log)).containsExactly("16=v16", "17=v17", "18=v18", "19=v19");
    }

    @Test
    void aReaderGoesOnWithTheOldFiles() throws IOException {
        writeTwenty();
        LogView before = log.cleaning().view();
        LogRead read = log.read(0, 1 << 20, true, log.logEndOffset());

        look().run();

        assertThat(log.cleaning().view().segments()).isNotEqualTo(before.segments());
        assertThat(Batches.valuesOf(read)).isNotEmpty().first().asString().startsWith("0=v0");
    }

    @Test
    void aReaderWhoseFilesAreGoneTakesTheNewOnes() throws IOException {
        writeTwenty();
        List<LogView> views = new ArrayList<>();

        boolean there =
                log.cleaning()
                        .ask(view -> {
                            views.add(view);
                            if (views.size() == 1) {
                                look().run();
                                for (String old : names(".deleted")) {
                                    Files.delete(log.directory().resolve(old));
                                }
                            }
                            return Files.exists(firstFile(view));
                        });

        assertThat(views).hasSize(2);
        assertThat(there).isTrue();
        assertThat(directory.isOnline()).isTrue();
    }

    private static Path firstFile(LogView view) throws IOException {
        SharedFile file = view.segments().getFirst().file();
        var _ = file.acquire();
        file.release();
        return file.path();
    }

    @Test
    void aLogThatIsDamagedIsLeftAndTheOthersGoOn() throws IOException {
        TopicPartition other = new TopicPartition("others", 0);
        PartitionLog sound =
                directory.open(other, Uuid.fromString("AAAAAAAAAAAAAAAAAAAABA"), CONFIG);
        for (int i = 0; i < 20; i++) {
            write(sound, "k", "v" + i + ".".repeat(60));
        }
        sound.flush();
        writeTwenty();
        flipByte(PartitionFiles.log(log.directory(), 0), 150);
        CompactionLook look = look();

        look.run();

        assertThat(look.status(log).lastError().orElseThrow())
                .contains("batch at offset 1", "wrong checksum");
        assertThat(look.outlook(log)).contains("compaction failed");
        assertThat(Batches.all(sound)).hasSizeLessThan(10);
        assertThat(look.status(sound).lastError()).isEmpty();
        assertThat(directory.isOnline()).isTrue();
        assertThat(names(".cleaned")).isEmpty();
    }

    private static void flipByte(Path file, int position) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[position] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void aStoppedRunLeavesNothingBehind() throws IOException {
        writeTwenty();
        int[] asked = {0};
        // Once for the look, once for every batch whose keys are noted, and for two more.
        long stopAt = 1 + log.cleaning().view().active().baseOffset() + 2;
        CompactionLook look =
                new CompactionLook(
                        directory,
                        Directories.ALL_VISIBLE,
                        clock,
                        new Compaction.Pace(
                                MAP_BYTES, new Throttle(clock, 0), () -> asked[0]++ >= stopAt));

        look.run();

        assertThat(Batches.all(log)).hasSize(20);
        assertThat(names(".cleaned")).isEmpty();
    }

    @Test
    void theOutlookSaysHowMuchIsDirty() throws IOException {
        writeTwenty();
        CompactionLook look = look();

        assertThat(look.outlook(log)).contains("share 1.00", "min.cleanable.dirty.ratio=0.5");
        look.run();
        assertThat(look.outlook(log)).contains("share 0.00");
    }

    // The crash may come between any two renames.
    @Seeded(runs = 3)
    void aCrashWhileSegmentsAreReplacedLosesNothing(RandomGenerator random) throws IOException {
        RandomLog writer = new RandomLog(new SplittableRandom(random.nextLong()));
        log.reconfigure(CONFIG.withCleanup(Cleanup.NONE));
        writer.append(log, 60);
        writer.endTransactions(log);
        log.reconfigure(CONFIG);
        Directories.settle(directory, log);
        List<String> before = latest(log);
        try (OffsetMap nothing = OffsetMap.of(1, 1000)) {
            stopAfterEveryRename(
                    firstSwap(nothing), log -> assertThat(latest(log)).isEqualTo(before));
        }
    }

    @Test
    void aCrashWhileSegmentsAreReplacedByNothingLosesNothing() throws IOException {
        writeTwenty();
        try (OffsetMap map = OffsetMap.of(20, 1000)) {
            for (int i = 0; i < 20; i++) {
                map.put(ByteBuffer.wrap(("k" + i % 4).getBytes(UTF_8)), i);
                map.completeUpTo(i);
            }
            SegmentSwap swap = firstSwap(map);
            assertThat(swap.cleaned().size()).isZero();

            stopAfterEveryRename(
                    swap,
                    log ->
                            assertThat(values(log))
                                    .endsWith("16=v16", "17=v17", "18=v18", "19=v19"));
        }
    }

    private interface Check {
        void of(PartitionLog log) throws IOException;
    }

    private void stopAfterEveryRename(SegmentSwap swap, Check check) throws IOException {
        List<SegmentSwap.Rename> renames = new ArrayList<>(swap.announcements());
        renames.addAll(swap.removals());
        renames.addAll(swap.arrivals());
        Path before = root.resolve("before").resolve("orders-0");
        copy(log.directory(), before);
        for (int done = 0; done <= renames.size(); done++) {
            Path copy = root.resolve("after" + done).resolve("orders-0");
            copy(before, copy);
            for (SegmentSwap.Rename rename : renames.subList(0, done)) {
                apply(copy, rename, renames);
            }
            try (PartitionLog reopened =
                    PartitionLog.open(copy, Directories.ORDERS, Uuid.ONE_UUID, CONFIG, clock)) {
                check.of(reopened);
                assertThat(reopened.logEndOffset()).isEqualTo(log.logEndOffset());
                assertOffsetsRise(reopened);
            }
        }
    }

    /** The first group, written and ready to be put in place. */
    private SegmentSwap firstSwap(OffsetMap map) throws IOException {
        LogView view = log.cleaning().view();
        List<Segment> group =
                SegmentGroups.of(
                                view.segments().subList(0, view.segments().size() - 1),
                                Batches.config(2000, 100),
                                view.active().baseOffset())
                        .getFirst();
        CleanedTransactions transactions = new CleanedTransactions();
        CompactionFilter filter =
                new CompactionFilter(map, transactions, -1, clock.wallMillis(), 0);
        filter.keepLastOf(log.cleaning().lastRecords());
        CleanedSegment target =
                CleanedSegment.begin(
                        log.cleaning(),
                        group.getFirst().baseOffset(),
                        Directories.unlimited(clock, MAP_BYTES));
        transactions.add(log.abortedTransactions(0, log.logEndOffset()));
        for (Segment segment : group) {
            target.add(
                    MemoryRecords.readableRecords(
                            ByteBuffer.wrap(Files.readAllBytes(segment.file().path()))),
                    filter,
                    BufferSupplier.NO_CACHING);
        }
        target.add(transactions.takeStillNeeded());
        return new SegmentSwap(target.finish(Batches.NOW), group);
    }

    /** A file's name before a rename is the one that the rename before it gave. */
    private static void apply(
            Path directory, SegmentSwap.Rename rename, List<SegmentSwap.Rename> all)
            throws IOException {
        Path from = directory.resolve(rename.file().path().getFileName());
        for (SegmentSwap.Rename earlier : all.subList(0, all.indexOf(rename))) {
            if (earlier.file() == rename.file()) {
                from = directory.resolve(earlier.name());
            }
        }
        if (Files.exists(from)) {
            Files.move(from, directory.resolve(rename.name()), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    /** Committed records, as a reader that wants only those sees them. */
    static List<String> latest(PartitionLog log) throws IOException {
        List<AbortedTransaction> aborted = log.abortedTransactions(0, log.logEndOffset());
        List<String> records = new ArrayList<>();
        for (RecordBatch batch : batches(log)) {
            boolean gone =
                    batch.isTransactional()
                            && aborted.stream()
                                    .anyMatch(txn ->
                                            txn.producerId() == batch.producerId()
                                                    && txn.firstOffset() <= batch.baseOffset()
                                                    && txn.lastOffset() >= batch.lastOffset());
            if (!batch.isControlBatch() && !gone) {
                batch.forEach(record -> records.add(record.offset() + "@" + record.timestamp()));
            }
        }
        return records;
    }

    private static List<RecordBatch> batches(PartitionLog log) throws IOException {
        List<RecordBatch> batches = new ArrayList<>();
        long offset = log.logStartOffset();
        while (offset < log.logEndOffset()) {
            long next = offset;
            for (RecordBatch batch :
                    Batches.recordsOf(log.read(offset, 1 << 20, true, log.logEndOffset()))
                            .batches()) {
                batches.add(batch);
                next = batch.nextOffset();
            }
            assertThat(next).isGreaterThan(offset);
            offset = next;
        }
        return batches;
    }

    private static void assertOffsetsRise(PartitionLog log) throws IOException {
        List<Long> offsets = batches(log).stream().map(RecordBatch::baseOffset).toList();
        assertThat(offsets).isSorted().doesNotHaveDuplicates();
    }
}
