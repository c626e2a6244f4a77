package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What readers are told when a file changed under the log while nobody looked. */
class BitRotTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final LogConfig CONFIG = Batches.config(4096, 300);
    private static final int BATCHES = 60;

    /** In a batch's header, from its begin. */
    private static final long LOWEST_BIT_OF_BASE_OFFSET = 8 * 7;

    private static final long LOWEST_BIT_OF_LAST_OFFSET = 8 * 26;

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final List<String> written = new ArrayList<>();

    private LogDirectory open() throws IOException {
        return LogDirectory.open(root, Directories.settings(CONFIG, 2), clock);
    }

    private static PartitionLog orders(LogDirectory directory) {
        return directory.open(PARTITION, Uuid.ONE_UUID, CONFIG);
    }

    /** Two records a batch, several segments, two leader epochs; left in order. */
    private void write() throws IOException {
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            for (int i = 0; i < BATCHES; i++) {
                append(log, i);
            }
        }
    }

    private void append(PartitionLog log, int batch) {
        String first = "v" + 2 * batch;
        String second = "v" + (2 * batch + 1);
        log.appendAsLeader(Batches.of(first, second), batch < 30 ? 3 : 4, Origin.CLIENT);
        written.add(2 * batch + "=" + first);
        written.add((2 * batch + 1) + "=" + second);
    }

    private static void flip(Path file, long bit) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, bit / 8);
            one.put(0, (byte) (one.get(0) ^ (1 << (bit % 8)))).flip();
            channel.write(one, bit / 8);
        }
    }

    /** Where a batch begins in the one segment that holds it. */
    private static Path segmentOf(PartitionLog log, long offset) {
        return PartitionFiles.log(log.directory(), baseOf(log, offset));
    }

    private static long baseOf(PartitionLog log, long offset) {
        try (var files = Files.list(log.directory())) {
            return files.mapToLong(file ->
                            PartitionFiles.offsetOf(
                                    file.getFileName().toString(), PartitionFiles.LOG))
                    .filter(base -> base >= 0 && base <= offset)
                    .max()
                    .orElseThrow();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void batchesBeforeADamagedOneAreServedAndThenTheReaderIsTold() throws IOException {
        write();
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            flip(segmentOf(log, 0), 8L * (3 * batchBytes(log) + 70));

            LogRead before = log.read(0, 1 << 20, true, log.logEndOffset());
            LogRead at = log.read(6, 1 << 20, true, log.logEndOffset());
            LogRead after = log.read(8, 1 << 20, true, log.logEndOffset());

            assertThat(Batches.valuesOf(before)).isEqualTo(written.subList(0, 6));
            assertThat(at).isInstanceOf(LogRead.Damaged.class);
            assertThat(Batches.valuesOf(after)).startsWith("8=v8");
            assertThat(directory.damagedBatches()).isEqualTo(1);
            assertThat(directory.isOnline()).isTrue();
        }
    }

    @Test
    void damageIsCountedOnceHoweverOftenItIsMet() throws IOException {
        write();
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            flip(segmentOf(log, 0), 8L * 70);

            for (int i = 0; i < 3; i++) {
                LogRead read = log.read(0, 1 << 20, true, log.logEndOffset());
                assertThat(read).isInstanceOf(LogRead.Damaged.class);
            }

            assertThat(directory.damagedBatches()).isEqualTo(1);
        }
    }

    @Test
    void whatThisProcessWroteIsNotLookedAtAgain() throws IOException {
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            append(log, 0);

            LogRead read = log.readIfChecked(0, 1 << 20, true, log.logEndOffset(), false);

            assertThat(Batches.valuesOf(read)).isEqualTo(written);
        }
    }

    @Test
    void whatIsOlderIsLookedAtOnce() throws IOException {
        write();
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);

            LogRead first = log.readIfChecked(0, 1 << 20, true, log.logEndOffset(), false);
            ((LogRead.Unchecked) first).check().run();
            LogRead second = log.readIfChecked(0, 1 << 20, true, log.logEndOffset(), false);

            assertThat(Batches.valuesOf(second)).startsWith("0=v0", "1=v1");
        }
    }

    @Test
    void whatWasDeletedSinceIsNotLookedAt() throws IOException {
        write();
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            LogRead first = log.readIfChecked(0, 1 << 20, true, log.logEndOffset(), false);

            log.advanceLogStart(baseOf(log, 2 * BATCHES - 1));
            try (Stream<Path> files = Files.list(log.directory())) {
                for (Path file : files.filter(BitRotTest::isDeleted).toList()) {
                    Files.delete(file);
                }
            }
            ((LogRead.Unchecked) first).check().run();

            assertThat(directory.isOnline()).isTrue();
        }
    }

    private static boolean isDeleted(Path file) {
        return file.toString().endsWith(PartitionFiles.DELETED);
    }

    @Test
    void aSearchByTimeDoesNotAnswerFromADamagedBatch() throws IOException {
        write();
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            flip(segmentOf(log, 0), 8L * 70);

            assertThatThrownBy(() -> log.findByTimestamp(Batches.NOW))
                    .isInstanceOf(CorruptRecordException.class);
        }
    }

    @Test
    void aFirstBatchThatJumpedAheadIsTheDamagedOne() throws IOException {
        write();
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            long base = baseOf(log, 100);
            flip(segmentOf(log, base), LOWEST_BIT_OF_BASE_OFFSET);

            assertThat(log.read(base, 1 << 20, true, log.logEndOffset()))
                    .isInstanceOf(LogRead.Damaged.class);
        }
    }

    /** In the middle, where the next batch would be sent, and where the next segment would be. */
    @ParameterizedTest
    @ValueSource(ints = {7, 99})
    void aBatchThatLostItsLastRecordIsNotSteppedOver(int lastOffset) throws IOException {
        write();
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            assertThat(baseOf(log, 100)).isEqualTo(100);
            long batch = positionOf(segmentOf(log, 0), lastOffset);
            flip(segmentOf(log, 0), 8 * batch + LOWEST_BIT_OF_LAST_OFFSET);

            assertThat(log.read(lastOffset, 1 << 20, true, log.logEndOffset()))
                    .isInstanceOf(LogRead.Damaged.class);
        }
    }

    @Test
    void aBatchThatSwallowsTheNextOneIsNotSteppedOver() throws IOException {
        write();
        try (LogDirectory directory = open()) {
            PartitionLog log = orders(directory);
            int bytes = batchBytes(log);
            try (FileChannel file = FileChannel.open(segmentOf(log, 0), StandardOpenOption.WRITE)) {
                ByteBuffer twice = ByteBuffer.allocate(Integer.BYTES).putInt(2 * bytes - 12);
                file.write(twice.flip(), 3L * bytes + Long.BYTES);
            }

            assertThat(log.read(8, 1 << 20, true, log.logEndOffset()))
                    .isInstanceOf(LogRead.Damaged.class);
        }
    }

    @Seeded(runs = 40)
    void noFlippedBitOfASegmentReachesAReader(RandomGenerator random) throws IOException {
        write();
        LogDirectory directory = open();
        PartitionLog log = orders(directory);
        Path file = segmentOf(log, random.nextInt(2 * BATCHES));
        flip(file, random.nextLong(8 * Files.size(file)));

        for (int i = 0; i < 40; i++) {
            checkReadsFrom(log, i == 0 ? 0 : random.nextInt(2 * BATCHES));
        }

        assertThat(directory.isOnline()).isTrue();
        directory.abandon();
    }

    /** Either what was written, without a gap, or the news that it is damaged. */
    private void checkReadsFrom(PartitionLog log, int from) throws IOException {
        int offset = from;
        while (offset < written.size()) {
            LogRead read = log.read(offset, 700, true, log.logEndOffset());
            if (read instanceof LogRead.Damaged) {
                return;
            }
            int next = offset;
            for (Record record : Batches.recordsOf(read).records()) {
                if (record.offset() >= offset) {
                    assertThat(record.offset()).isEqualTo(next);
                    assertThat(Batches.shown(record)).isEqualTo(written.get(next));
                    next++;
                }
            }
            assertThat(next).as("nothing at %d", offset).isGreaterThan(offset);
            offset = next;
        }
    }

    private static long positionOf(Path segment, long lastOffset) throws IOException {
        try (FileChannel file = FileChannel.open(segment)) {
            BatchScanner batch =
                    new BatchScanner(file, 0, (int) file.size(), BatchScanner.LOOKUP_BYTES);
            do {
                assertThat(batch.next()).isTrue();
            } while (batch.lastOffset() != lastOffset);
            return batch.position();
        }
    }

    private static int batchBytes(PartitionLog log) throws IOException {
        LogRead read = log.read(0, 1, true, log.logEndOffset());
        return Batches.recordsOf(read).sizeInBytes();
    }
}
