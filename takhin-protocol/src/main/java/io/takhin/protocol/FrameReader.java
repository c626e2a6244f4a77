package io.takhin.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.protocol.Readable;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * Feeds a frame to Kafka's generated readers, and bounds what the frame can make them allocate.
 *
 * <p>The generated readers refuse an array that claims more elements than bytes remain, and this
 * class refuses strings and byte arrays longer than that. What is left is a large frame of tiny
 * elements, each of which costs far more on the heap than on the wire: hence the limit on fields.
 *
 * <p>Threads: one at a time.
 */
final class FrameReader implements Readable {
    /**
     * A field takes at most some 60 bytes of heap, so this bounds one request to about 60 MB; a
     * fetch of 140,000 partitions stays below.
     */
    private static final int FIELDS_MAX = 1 << 20;

    private final ByteBuffer buffer;
    private final boolean aliasing;
    private int fieldsLeft = FIELDS_MAX;

    /**
     * @param aliasing whether records and byte buffers may share the frame's memory; copies
     *     otherwise
     */
    FrameReader(ByteBuffer buffer, boolean aliasing) {
        this.buffer = buffer;
        this.aliasing = aliasing;
    }

    @Override
    public byte readByte() {
        countField();
        return buffer.get();
    }

    @Override
    public short readShort() {
        countField();
        return buffer.getShort();
    }

    @Override
    public int readInt() {
        countField();
        return buffer.getInt();
    }

    @Override
    public long readLong() {
        countField();
        return buffer.getLong();
    }

    @Override
    public double readDouble() {
        countField();
        return buffer.getDouble();
    }

    @Override
    public int readUnsignedVarint() {
        countField();
        return ByteUtils.readUnsignedVarint(buffer);
    }

    @Override
    public int readVarint() {
        countField();
        return ByteUtils.readVarint(buffer);
    }

    @Override
    public long readVarlong() {
        countField();
        return ByteUtils.readVarlong(buffer);
    }

    @Override
    public byte[] readArray(int length) {
        byte[] bytes = new byte[checkedLength(length)];
        buffer.get(bytes);
        return bytes;
    }

    @Override
    public String readString(int length) {
        return new String(readArray(length), StandardCharsets.UTF_8);
    }

    @Override
    public ByteBuffer readByteBuffer(int length) {
        if (!aliasing) {
            return ByteBuffer.wrap(readArray(length));
        }
        ByteBuffer slice = buffer.slice(buffer.position(), checkedLength(length));
        buffer.position(buffer.position() + length);
        return slice;
    }

    /** The generated readers ask only in order to bound the size of a collection. */
    @Override
    public int remaining() {
        return Math.min(buffer.remaining(), fieldsLeft);
    }

    @Override
    public Readable slice() {
        return new FrameReader(buffer.slice(), aliasing);
    }

    private int checkedLength(int length) {
        countField();
        if (length < 0 || length > buffer.remaining()) {
            throw new IllegalArgumentException(
                    "a length of " + length + " with " + buffer.remaining() + " bytes left");
        }
        return length;
    }

    private void countField() {
        if (--fieldsLeft < 0) {
            throw new IllegalArgumentException("more than " + FIELDS_MAX + " fields");
        }
    }
}
