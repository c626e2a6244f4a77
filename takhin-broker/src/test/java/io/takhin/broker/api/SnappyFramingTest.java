package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.stream.IntStream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.xerial.snappy.Snappy;

class SnappyFramingTest {
    /** What snappy shortens most: one byte, very often. */
    private static final byte[] ZEROS = new byte[1 << 20];

    @Test
    void whatKafkasClientsCompressIsHonest() {
        SimpleRecord[] records =
                IntStream.range(0, 10)
                        .mapToObj(i -> new SimpleRecord(ZEROS))
                        .toArray(SimpleRecord[]::new);
        ByteBuffer batch =
                MemoryRecords.withRecords(Compression.snappy().build(), records).buffer();

        assertThat(SnappyFraming.isHonest(payload(batch))).isTrue();
    }

    @Test
    void snappyWithoutFramesIsHonestToo() throws IOException {
        assertThat(SnappyFraming.isHonest(ByteBuffer.wrap(Snappy.compress(ZEROS)))).isTrue();
        assertThat(SnappyFraming.isHonest(ByteBuffer.wrap(Snappy.compress("a")))).isTrue();
    }

    @Test
    void aFrameLongerThanWhatIsThereIsNot() {
        ByteBuffer payload = framed();
        payload.putInt(16, 500 << 20);

        assertThat(SnappyFraming.isHonest(payload)).isFalse();
    }

    @Test
    void aFrameThatWouldGrowBeyondReasonIsNot() {
        ByteBuffer payload = framed();
        // 2^31 - 1, in groups of seven bits.
        payload.put(20, (byte) 0xff).put(21, (byte) 0xff).put(22, (byte) 0xff);
        payload.put(23, (byte) 0xff).put(24, (byte) 0x07);

        assertThat(SnappyFraming.isHonest(payload)).isFalse();
        assertThat(SnappyFraming.isHonest(payload.position(20).slice())).isFalse();
    }

    @Test
    void whatEndsInTheMiddleIsNot() {
        ByteBuffer payload = framed();

        assertThat(SnappyFraming.isHonest(payload.slice(0, 18))).isFalse();
        assertThat(SnappyFraming.isHonest(payload.slice(0, payload.limit() - 1))).isFalse();
        assertThat(SnappyFraming.isHonest(ByteBuffer.allocate(0))).isFalse();
    }

    private static ByteBuffer framed() {
        return payload(
                MemoryRecords.withRecords(
                                Compression.snappy().build(), TestRecords.records("a", "b"))
                        .buffer());
    }

    private static ByteBuffer payload(ByteBuffer batch) {
        return batch.position(BatchHeader.BYTES).slice();
    }
}
