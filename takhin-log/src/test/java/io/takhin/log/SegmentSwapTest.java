package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.junit.jupiter.api.Test;

/** A crash after any of the renames by which a compacted segment takes the place of others. */
class SegmentSwapTest extends CompactionFixture {
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
