package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.protocol.BatchHeader;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * S85: a segment of 2^31 - 1 bytes, the most that Kafka can read. The file begins with two batches
 * of nearly a gigabyte each, which are holes: it takes a megabyte of the disk.
 */
class LargeSegmentTest {
    private static final int HUGE = (1 << 30) - 100_000;
    private static final LogConfig CONFIG =
            Batches.config(1L << 31, 1000).with().messageBytesMax(1 << 20).build();

    private static final ByteBuffer HEADER = headerOfHugeBatch();

    @TempDir private Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private Path directory;

    @BeforeEach
    void makeTwoHugeBatches() throws IOException {
        directory = Files.createDirectory(root.resolve("orders-0"));
        Path file = PartitionFiles.log(directory, 0);
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(headerOfHugeBatch(0), 0);
            channel.write(headerOfHugeBatch(1), HUGE);
            channel.write(ByteBuffer.allocate(1), 2L * HUGE - 1);
        }
    }

    private static ByteBuffer headerOfHugeBatch(long offset) {
        ByteBuffer header = HEADER.duplicate();
        BatchHeader.setBaseOffset(header, 0, offset);
        return header;
    }

    /** Of a batch whose one record is nothing but zeros; only deep readers would mind. */
    private static ByteBuffer headerOfHugeBatch() {
        ByteBuffer header = Batches.replicated(0, 0, "").limit(BatchHeader.BYTES);
        header.putInt(8, HUGE - BatchHeader.LENGTH_OVERHEAD);
        header.putLong(27, Batches.NOW - 1).putLong(35, Batches.NOW - 1);
        CRC32C crc = new CRC32C();
        crc.update(header.slice(BatchHeader.CHECKSUM_FROM, 61 - BatchHeader.CHECKSUM_FROM));
        byte[] zeros = new byte[1 << 20];
        for (int left = HUGE - BatchHeader.BYTES; left > 0; left -= zeros.length) {
            crc.update(zeros, 0, Math.min(left, zeros.length));
        }
        return header.putInt(BatchHeader.CHECKSUM_FROM - 4, (int) crc.getValue());
    }

    private PartitionLog open() throws IOException {
        return PartitionLog.open(directory, Directories.ORDERS, Uuid.ONE_UUID, CONFIG, clock);
    }

    /** Returns the first offset. */
    private static long append(PartitionLog log, String value) {
        Append outcome = log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT);
        assertThat(outcome).isInstanceOf(Append.Done.class);
        return ((Append.Done) outcome).baseOffset();
    }

    /** Up to the last byte; returns what was appended. */
    private static List<String> fill(PartitionLog log) {
        List<String> written = new ArrayList<>();
        int overhead = Batches.of("x".repeat(900)).remaining() - 900;
        long left = Segment.BYTES_MAX - log.sizeInBytes();
        while (left > 0) {
            int bytes = (int) (left < 2000 ? left : 1000);
            String value = "x".repeat(bytes - overhead);
            written.add(append(log, value) + "=" + value);
            left -= bytes;
        }
        return written;
    }

    private static List<String> appended(PartitionLog log) throws IOException {
        List<String> found = new ArrayList<>();
        for (long offset = 2; offset < log.logEndOffset(); offset++) {
            LogRead read = log.read(offset, 1, true, log.logEndOffset());
            found.addAll(Batches.valuesOf(read));
        }
        return found;
    }

    @Test
    void aSegmentIsFilledToItsLastByteAndReadBack() throws IOException {
        List<String> written;
        try (PartitionLog log = open()) {
            assertThat(log.logEndOffset()).isEqualTo(2);

            written = fill(log);
            append(log, "in the next one");

            List<Segment> segments = log.cleaning().view().segments();
            assertThat(segments.getFirst().size()).isEqualTo(Integer.MAX_VALUE);
            assertThat(segments).hasSize(2);
            written.add(log.logEndOffset() - 1 + "=in the next one");
            assertThat(appended(log)).isEqualTo(written);
            assertThat(segments.getFirst().offsets().last().position())
                    .isGreaterThan(Integer.MAX_VALUE - 5000);
            assertThat(log.findByTimestamp(Batches.NOW).offset()).isEqualTo(2);
        }
        // From headers and checksums alone, and then by the indexes.
        try (PartitionLog log = open()) {
            assertThat(appended(log)).isEqualTo(written);
        }
        try (KafkaLog kafka = KafkaLog.open(directory, CONFIG, true)) {
            assertThat(valuesFrom(kafka, 2)).isEqualTo(written.subList(0, written.size() - 1));
        }
    }

    /** The rest of the segment. */
    private static List<String> valuesFrom(KafkaLog kafka, long offset) throws IOException {
        List<String> values = new ArrayList<>();
        for (Record record :
                kafka.log().read(offset, 1 << 20, FetchIsolation.LOG_END, true).records.records()) {
            values.add(Batches.shown(record));
        }
        return values;
    }

    @Test
    void aTornBatchBehindTheFirstGigabyteIsCutOff() throws IOException {
        List<String> written;
        try (PartitionLog log = open()) {
            written = fill(log);
            log.flush();
        }
        try (FileChannel file =
                FileChannel.open(PartitionFiles.log(directory, 0), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {1}), Integer.MAX_VALUE - 1L);
        }
        written.removeLast();

        try (PartitionLog log = open()) {
            assertThat(log.logEndOffset()).isEqualTo(written.size() + 2);
            log.truncateTo(100);
            written = new ArrayList<>(written.subList(0, 98));
            written.addAll(fill(log));

            assertThat(appended(log)).isEqualTo(written);
            assertThat(log.sizeInBytes()).isEqualTo(Integer.MAX_VALUE);
        }
    }
}
