package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.Test;

/** One log, or one batch, does not keep all others from being compacted. */
class CompactionOfManyTest extends CompactionFixture {
    private static final LogConfig ALWAYS = CONFIG.withCleanup(Cleanup.compact(0, 60_000));
    private static final int LOOKS_MAX = 5000;

    private PartitionLog other() {
        return directory.open(new TopicPartition("other", 0), Uuid.ONE_UUID, CONFIG);
    }

    private void fill(PartitionLog target, int count) {
        for (int i = 0; i < count; i++) {
            write(target, "k" + i % 4, "v" + i + ".".repeat(60));
        }
        target.flush();
    }

    private void writeCheckpoints() {
        try {
            directory.writeCheckpoints();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** It has another segment with each run. */
    @Test
    void aLogThatIsWrittenToMeanwhileDoesNotKeepTheOthersWaiting() throws IOException {
        log.reconfigure(ALWAYS);
        PartitionLog other = other();
        fill(other, 20);
        writeCheckpoints();
        look(directory, clock).run();
        fill(log, 40);
        fill(other, 40);
        writeCheckpoints();
        long before = other.sizeInBytes();
        AtomicInteger asked = new AtomicInteger();
        Compaction.Pace busy =
                new Compaction.Pace(
                        MAP_BYTES,
                        new Throttle(clock, 0),
                        () -> {
                            int times = asked.incrementAndGet();
                            if (other.sizeInBytes() == before && times % 5 == 1) {
                                fill(log, 6);
                                writeCheckpoints();
                            }
                            return times > LOOKS_MAX;
                        });

        new CompactionLook(directory, Directories.ALL_VISIBLE, clock, busy).run();

        assertThat(other.sizeInBytes()).isLessThan(before);
    }

    /** All records of a batch are in the heap when it is written anew. */
    @Test
    void aBatchOfMoreThanTheHeapHoldsIsLeftAsItIs() throws IOException {
        log.reconfigure(Batches.config(100_000, 4096));
        assertThat(log.appendAsLeader(zerosOfMoreThanTheHeap(), 0, Origin.CLIENT))
                .isInstanceOf(Append.Done.class);

        leavesTheLogAsItIs();
    }

    private void leavesTheLogAsItIs() throws IOException {
        log.reconfigure(ALWAYS);
        fill(log, 40);
        fill(other(), 40);
        writeCheckpoints();
        long before = other().sizeInBytes();
        CompactionLook look = look(directory, clock);

        look.run();

        assertThat(look.status(log).lastError().orElseThrow()).contains("of memory");
        assertThat(other().sizeInBytes()).isLessThan(before);
    }

    /** Each of them has no bytes, and is an object in the heap. */
    @Test
    void aBatchOfMoreHeadersThanTheHeapHoldsIsLeftAsItIs() throws IOException {
        log.reconfigure(Batches.config(100_000, 4096));
        assertThat(log.appendAsLeader(headersOfMoreThanTheHeap(), 0, Origin.CLIENT))
                .isInstanceOf(Append.Done.class);

        leavesTheLogAsItIs();
    }

    /** The last batch of its producer, which compaction keeps without its records. */
    @Test
    void aBatchOfMoreThanTheHeapHoldsMayBeRolledBack() throws IOException {
        log.reconfigure(Batches.config(100_000, 4096));
        ByteBuffer batch = zerosOfMoreThanTheHeap();
        batch.putShort(21, (short) (batch.getShort(21) | 0x10));
        batch.putLong(43, 7).putShort(51, (short) 0).putInt(53, 0);
        batch.putInt(17, BatchHeader.computeCrc(batch, 0));
        assertThat(log.appendAsLeader(batch, 0, Origin.CLIENT)).isInstanceOf(Append.Done.class);
        log.appendAsLeader(Batches.marker(7, 0, ControlRecordType.ABORT, 1), 0, Origin.COORDINATOR);

        leavesTheLogAsItIs();
    }

    private static ByteBuffer headersOfMoreThanTheHeap() {
        Header[] headers = new Header[(int) (Runtime.getRuntime().maxMemory() >> 14)];
        Arrays.fill(headers, new RecordHeader("", null));
        try (MemoryRecordsBuilder builder = builder()) {
            for (int i = 0; i < 300; i++) {
                builder.append(Batches.NOW, ("h" + i).getBytes(UTF_8), new byte[1], headers);
            }
            return builder.build().buffer();
        }
    }

    private static MemoryRecordsBuilder builder() {
        return MemoryRecords.builder(
                ByteBuffer.allocate(1 << 20),
                RecordBatch.CURRENT_MAGIC_VALUE,
                Compression.zstd().build(),
                TimestampType.CREATE_TIME,
                0);
    }

    private static ByteBuffer zerosOfMoreThanTheHeap() {
        byte[] zeros = new byte[(int) (Runtime.getRuntime().maxMemory() / 32)];
        try (MemoryRecordsBuilder builder = builder()) {
            for (int i = 0; i < 40; i++) {
                builder.append(Batches.NOW, ("k" + i).getBytes(UTF_8), zeros);
            }
            return builder.build().buffer();
        }
    }
}
