package io.takhin.log;

import io.takhin.protocol.BatchHeader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.Locale;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * What a leader's look at a batch costs before it writes it, and how much of that is the look at
 * its records: nanoseconds a batch of 16 KiB and a record, in a direct buffer as a request has it.
 * Prints a JSON line for each size of record, and takes no arguments.
 */
public final class ValidationBenchmark {
    private static final int BATCH_BYTES = 16 << 10;
    private static final int ROUNDS = 40_000;
    private static final int REPEATS = 7;
    private static final LogConfig CONFIG =
            LogConfig.builder().messageBytesMax(1 << 20).timestampAfterMaxMillis(0).build();

    private ValidationBenchmark() {}

    /** One look at a batch; returns something, so that it is not left out. */
    private interface Look {
        long at(ByteBuffer batch);
    }

    public static void main(String[] args) {
        for (int recordBytes : new int[] {10, 100, 1000, 10, 100, 1000}) {
            measure(recordBytes, System.out);
        }
    }

    private static void measure(int recordBytes, PrintStream out) {
        ByteBuffer batch = batch(recordBytes);
        int records = BatchHeader.recordCount(batch, 0);
        double checksum = nanos(batch, it -> BatchHeader.computeCrc(it, 0));
        double walk = nanos(batch, it -> RecordWalk.times(it, 0).newest());
        double whole =
                nanos(
                        batch,
                        it ->
                                BatchValidation.check(it, CONFIG, Origin.CLIENT, 2_000_000) == null
                                        ? 1
                                        : 0);
        out.printf(
                Locale.ROOT,
                "{\"recordBytes\":%d,\"records\":%d,\"checksumNanos\":%.0f,\"walkNanos\":%.0f,"
                        + "\"allNanos\":%.0f,\"walkNanosARecord\":%.2f}%n",
                recordBytes,
                records,
                checksum,
                walk,
                whole,
                walk / records);
    }

    /** The least of some rounds. */
    private static double nanos(ByteBuffer batch, Look look) {
        double best = Double.MAX_VALUE;
        long sum = 0;
        for (int i = 0; i < REPEATS; i++) {
            long began = System.nanoTime();
            for (int k = 0; k < ROUNDS; k++) {
                sum += look.at(batch);
            }
            best = Math.min(best, (double) (System.nanoTime() - began) / ROUNDS);
        }
        if (sum == 0) {
            throw new IllegalStateException("nothing was looked at");
        }
        return best;
    }

    private static ByteBuffer batch(int recordBytes) {
        SimpleRecord[] records = new SimpleRecord[BATCH_BYTES / (recordBytes + 8)];
        for (int i = 0; i < records.length; i++) {
            records[i] = new SimpleRecord(1_000_000L + i / 10, null, new byte[recordBytes]);
        }
        ByteBuffer made = MemoryRecords.withRecords(Compression.NONE, records).buffer();
        return ByteBuffer.allocateDirect(made.remaining()).put(made).flip();
    }
}
