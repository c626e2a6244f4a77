package io.takhin.log;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.NoSuchElementException;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.DefaultRecord;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.ByteUtils;
import org.apache.kafka.common.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;

/**
 * The records of a compressed batch that a client sent, decompressed up to a bound. What a batch
 * decompresses to is up to who made it: a mebibyte of zstd may be gigabytes, and a record of ten
 * bytes may claim to have two of them, for which Kafka's reader would ask memory at once.
 *
 * <p>Throws {@link RecordTooLargeException} at the bound, {@link InvalidRecordException} and other
 * {@link KafkaException}s for what cannot be read.
 *
 * <p>Threads: one.
 */
final class ClientRecords implements CloseableIterator<Record> {
    private static final int VARINT_BYTES_MAX = 5;
    private static final int ATTRIBUTES_BYTES = 1;
    private static final long RECORD_OBJECT_BYTES = 160;
    private static final long HEADER_OBJECT_BYTES = 130;

    private final DefaultRecordBatch batch;
    private final boolean withContent;
    private final Bounds bounds;
    private final BufferedInputStream records;
    private int left;
    private long memory;

    /**
     * How far a batch may be decompressed.
     *
     * @param bytes all of its records
     * @param recordBytes one record: so much memory it takes
     * @param batchMemory so much all of them take, for who keeps them
     */
    record Bounds(long bytes, long recordBytes, long batchMemory) {
        /** Ample for text that repeats itself; zeros may become a thousand times as large. */
        private static final int EXPANSION_MAX = 64;

        /** Producers hold a record to about the size of a batch before they compress it. */
        private static final int RECORD_EXPANSION_MAX = 8;

        private static final long BYTES_MIN = 16L << 20;
        private static final int HEAP_PARTS = 8;

        static Bounds of(LogConfig config) {
            long batch = config.messageBytesMax();
            return new Bounds(
                    Math.max(BYTES_MIN, batch * EXPANSION_MAX),
                    Math.max(BYTES_MIN, batch * RECORD_EXPANSION_MAX),
                    Long.MAX_VALUE);
        }

        /** For records that are in the log already, and are all in the heap at the same time. */
        static Bounds ofHeap() {
            long part = Runtime.getRuntime().maxMemory() / HEAP_PARTS;
            long bytes = Math.max(BYTES_MIN, part);
            return new Bounds(bytes, bytes, bytes);
        }

        RecordTooLargeException exceeded() {
            return new RecordTooLargeException(
                    "the batch takes more than %d bytes of memory, or a record of it more than %d"
                            .formatted(bytes, recordBytes));
        }
    }

    private ClientRecords(
            DefaultRecordBatch batch, boolean withContent, Bounds bounds, BufferSupplier buffers) {
        this.batch = batch;
        this.withContent = withContent;
        this.bounds = bounds;
        this.records =
                new BufferedInputStream(new Bounded(batch.recordInputStream(buffers), bounds));
        this.left = batch.countOrNull();
    }

    /** Whole records. */
    static CloseableIterator<Record> of(RecordBatch batch, Bounds bounds, BufferSupplier buffers) {
        return new ClientRecords((DefaultRecordBatch) batch, true, bounds, buffers);
    }

    /** Records without their keys, values and headers; whether there is a key can be asked. */
    static CloseableIterator<Record> withoutContent(DefaultRecordBatch batch, Bounds bounds) {
        return batch.isCompressed()
                ? new ClientRecords(batch, false, bounds, BufferSupplier.NO_CACHING)
                : batch.skipKeyValueIterator(BufferSupplier.NO_CACHING);
    }

    @Override
    public boolean hasNext() {
        return left > 0;
    }

    @Override
    public Record next() {
        if (left <= 0) {
            throw new NoSuchElementException();
        }
        try {
            Record record = withContent ? whole() : partial();
            left--;
            if (left == 0 && records.read() >= 0) {
                throw new InvalidRecordException("there are more bytes than records");
            }
            return record;
        } catch (EOFException | IllegalArgumentException e) {
            throw new InvalidRecordException("the batch ends within a record", e);
        } catch (IOException e) {
            throw new KafkaException("the records cannot be decompressed", e);
        }
    }

    private Record whole() throws IOException {
        int claimed = ByteUtils.readVarint(records);
        if (claimed > bounds.recordBytes) {
            throw bounds.exceeded();
        }
        if (claimed < 0) {
            throw new InvalidRecordException("a record claims to have " + claimed + " bytes");
        }
        // Takes memory as bytes come, and not for what is only claimed.
        byte[] content = records.readNBytes(claimed);
        takeMemory(content);
        ByteBuffer record = ByteBuffer.allocate(content.length + VARINT_BYTES_MAX);
        ByteUtils.writeVarint(claimed, record);
        return DefaultRecord.readFrom(
                record.put(content).flip(),
                batch.baseOffset(),
                batch.baseTimestamp(),
                batch.baseSequence(),
                logAppendTime());
    }

    /** A header of no bytes takes as much as a record, and room is made for as many as claimed. */
    private void takeMemory(byte[] content) {
        long needed = content.length + headersOf(content) * HEADER_OBJECT_BYTES;
        memory += needed + RECORD_OBJECT_BYTES;
        if (needed > bounds.recordBytes || memory > bounds.batchMemory) {
            throw bounds.exceeded();
        }
    }

    /** How many it claims to have; 0 where that cannot be told, and the record not be read. */
    private static long headersOf(byte[] content) {
        ByteBuffer record = ByteBuffer.wrap(content);
        try {
            record.position(ATTRIBUTES_BYTES);
            ByteUtils.readVarlong(record);
            ByteUtils.readVarint(record);
            skipBytes(record);
            skipBytes(record);
            return Math.max(0, ByteUtils.readVarint(record));
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return 0;
        }
    }

    private static void skipBytes(ByteBuffer record) {
        int size = ByteUtils.readVarint(record);
        record.position(record.position() + Math.max(0, size));
    }

    private Record partial() throws IOException {
        return DefaultRecord.readPartiallyFrom(
                records,
                batch.baseOffset(),
                batch.baseTimestamp(),
                batch.baseSequence(),
                logAppendTime());
    }

    private @Nullable Long logAppendTime() {
        return batch.timestampType() == TimestampType.LOG_APPEND_TIME ? batch.maxTimestamp() : null;
    }

    @Override
    public void close() {
        try {
            records.close();
        } catch (IOException e) {
            throw new KafkaException("the records cannot be decompressed", e);
        }
    }

    /** Lets only so many bytes through. */
    private static final class Bounded extends FilterInputStream {
        private final Bounds bounds;
        private long left;

        Bounded(InputStream in, Bounds bounds) {
            super(in);
            this.bounds = bounds;
            this.left = bounds.bytes;
        }

        @Override
        public int read() throws IOException {
            return taken(super.read(), 1);
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count = super.read(target, offset, length);
            return taken(count, count);
        }

        private int taken(int result, int bytes) {
            if (result >= 0) {
                left -= bytes;
                if (left < 0) {
                    throw bounds.exceeded();
                }
            }
            return result;
        }

        @Override
        public long skip(long bytes) throws IOException {
            long skipped = super.skip(bytes);
            taken(0, (int) Math.min(skipped, Integer.MAX_VALUE));
            return skipped;
        }
    }
}
