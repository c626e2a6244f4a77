package io.takhin.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kafka's own batch class is the oracle. */
class BatchHeaderTest {
    private static final int AT = 7;

    private static ByteBuffer batch(boolean direct, int sequence) {
        ByteBuffer bytes = ByteBuffer.allocate(4096);
        try (MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        bytes,
                        RecordBatch.CURRENT_MAGIC_VALUE,
                        Compression.gzip().build(),
                        TimestampType.CREATE_TIME,
                        100L,
                        RecordBatch.NO_TIMESTAMP,
                        77L,
                        (short) 5,
                        sequence,
                        true,
                        9)) {
            for (int i = 0; i < 10; i++) {
                builder.append(1000L + i, null, "value".getBytes(StandardCharsets.UTF_8));
            }
            ByteBuffer made = builder.build().buffer();
            ByteBuffer shifted =
                    direct
                            ? ByteBuffer.allocateDirect(made.remaining() + AT)
                            : ByteBuffer.allocate(made.remaining() + AT);
            return shifted.position(AT).put(made).flip();
        }
    }

    private static MutableRecordBatch kafkas(ByteBuffer buffer) {
        return MemoryRecords.readableRecords(buffer.slice(AT, buffer.limit() - AT))
                .batches()
                .iterator()
                .next();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsWhatKafkaWrote(boolean direct) {
        ByteBuffer buffer = batch(direct, 40);

        DefaultRecordBatch kafka = (DefaultRecordBatch) kafkas(buffer);
        assertThat(BatchHeader.baseOffset(buffer, AT)).isEqualTo(kafka.baseOffset());
        assertThat(BatchHeader.lastOffset(buffer, AT)).isEqualTo(kafka.lastOffset());
        assertThat(BatchHeader.sizeInBytes(buffer, AT)).isEqualTo(kafka.sizeInBytes());
        assertThat(BatchHeader.leaderEpoch(buffer, AT)).isEqualTo(kafka.partitionLeaderEpoch());
        assertThat(BatchHeader.magic(buffer, AT)).isEqualTo(kafka.magic());
        assertThat(BatchHeader.baseTimestamp(buffer, AT)).isEqualTo(kafka.baseTimestamp());
        assertThat(BatchHeader.maxTimestamp(buffer, AT)).isEqualTo(kafka.maxTimestamp());
        assertThat(BatchHeader.timestampType(buffer, AT)).isEqualTo(kafka.timestampType());
        assertThat(BatchHeader.compressionId(buffer, AT)).isEqualTo(kafka.compressionType().id);
        assertThat(BatchHeader.isTransactional(buffer, AT)).isEqualTo(kafka.isTransactional());
        assertThat(BatchHeader.isControl(buffer, AT)).isEqualTo(kafka.isControlBatch());
        assertThat(BatchHeader.producerId(buffer, AT)).isEqualTo(kafka.producerId());
        assertThat(BatchHeader.producerEpoch(buffer, AT)).isEqualTo(kafka.producerEpoch());
        assertThat(BatchHeader.baseSequence(buffer, AT)).isEqualTo(kafka.baseSequence());
        assertThat(BatchHeader.recordCount(buffer, AT)).isEqualTo(kafka.countOrNull());
        assertThat(BatchHeader.isCrcValid(buffer, AT)).isTrue();
    }

    @Test
    void sequencesWrapAround() {
        ByteBuffer buffer = batch(false, Integer.MAX_VALUE - 3);

        assertThat(BatchHeader.lastSequence(buffer, AT))
                .isEqualTo(kafkas(buffer).lastSequence())
                .isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void placingABatchLeavesItValid(boolean direct) {
        ByteBuffer buffer = batch(direct, 0);

        BatchHeader.setBaseOffset(buffer, AT, 1L << 40);
        BatchHeader.setLeaderEpoch(buffer, AT, 12);
        BatchHeader.setLogAppendTime(buffer, AT, 5555);

        MutableRecordBatch kafka = kafkas(buffer);
        assertThat(kafka.isValid()).isTrue();
        assertThat(kafka.baseOffset()).isEqualTo(1L << 40);
        assertThat(kafka.partitionLeaderEpoch()).isEqualTo(12);
        assertThat(kafka.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(kafka.maxTimestamp()).isEqualTo(5555);
        assertThat(buffer.position()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aChangedByteIsNoticed(boolean direct) {
        ByteBuffer buffer = batch(direct, 0);

        buffer.put(buffer.limit() - 1, (byte) (buffer.get(buffer.limit() - 1) ^ 1));

        assertThat(BatchHeader.isCrcValid(buffer, AT)).isFalse();
    }
}
