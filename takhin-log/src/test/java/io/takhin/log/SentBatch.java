package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record batch as a producer sends it, or a transaction's marker as its coordinator does.
 *
 * @param marker null for data
 * @param times of its records, milliseconds
 * @param bytes as on the wire
 */
record SentBatch(Writer writer, @Nullable Marker marker, List<Long> times, ByteBuffer bytes) {
    /** Whose it is; {@link #ANYBODY} writes without an id. */
    record Writer(long id, int epoch, int sequence, boolean transactional) {
        static final Writer ANYBODY = new Writer(-1, -1, -1, false);
    }

    record Marker(ControlRecordType type, int coordinatorEpoch) {}

    /** The n-th record has the n-th time, and the value with n behind it. */
    static SentBatch data(Writer writer, Compression codec, List<Long> times, String value) {
        SimpleRecord[] records =
                IntStream.range(0, times.size())
                        .mapToObj(i -> Batches.record(times.get(i), value + i))
                        .toArray(SimpleRecord[]::new);
        ByteBuffer bytes =
                Batches.from(
                        codec,
                        writer.id,
                        writer.epoch,
                        writer.sequence,
                        writer.transactional,
                        records);
        return new SentBatch(writer, null, times, bytes);
    }

    static SentBatch end(long producerId, int epoch, Marker marker, long time) {
        ByteBuffer bytes =
                Batches.marker(time, producerId, epoch, marker.type, marker.coordinatorEpoch);
        return new SentBatch(new Writer(producerId, epoch, -1, true), marker, List.of(time), bytes);
    }

    int count() {
        return times.size();
    }

    /** Sequence numbers begin anew after the largest. */
    int lastSequence() {
        return (writer.sequence + count() - 1) & Integer.MAX_VALUE;
    }

    long maxTime() {
        return times.stream().mapToLong(Long::longValue).max().orElseThrow();
    }

    /** As the log has it. */
    ByteBuffer placed(long baseOffset, int leaderEpoch) {
        ByteBuffer copy = copy();
        BatchHeader.setBaseOffset(copy, 0, baseOffset);
        BatchHeader.setLeaderEpoch(copy, 0, leaderEpoch);
        return copy;
    }

    /** The log writes into what it gets. */
    ByteBuffer copy() {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    }

    @Override
    public String toString() {
        return writer + (marker == null ? "" : " " + marker) + " of " + count();
    }
}
