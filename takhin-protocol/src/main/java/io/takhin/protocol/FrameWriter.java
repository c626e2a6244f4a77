package io.takhin.protocol;

import io.takhin.protocol.EncodedFrame.Part;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.ByteUtils;

/** Collects what Kafka's generated writers write; records are kept by reference, in their place. */
final class FrameWriter implements Writable {
    private final ByteBuffer buffer;
    private final List<Part> parts = new ArrayList<>(1);
    private int partStart;

    /**
     * @param size of everything but records
     */
    FrameWriter(int size) {
        this.buffer = ByteBuffer.allocate(size);
    }

    @Override
    public void writeByte(byte value) {
        buffer.put(value);
    }

    @Override
    public void writeShort(short value) {
        buffer.putShort(value);
    }

    @Override
    public void writeInt(int value) {
        buffer.putInt(value);
    }

    @Override
    public void writeLong(long value) {
        buffer.putLong(value);
    }

    @Override
    public void writeDouble(double value) {
        buffer.putDouble(value);
    }

    @Override
    public void writeByteArray(byte[] bytes) {
        buffer.put(bytes);
    }

    @Override
    public void writeUnsignedVarint(int value) {
        ByteUtils.writeUnsignedVarint(value, buffer);
    }

    @Override
    public void writeVarint(int value) {
        ByteUtils.writeVarint(value, buffer);
    }

    @Override
    public void writeVarlong(long value) {
        ByteUtils.writeVarlong(value, buffer);
    }

    @Override
    public void writeByteBuffer(ByteBuffer bytes) {
        endPart();
        parts.add(new Part.Bytes(bytes.duplicate()));
    }

    @Override
    public void writeRecords(BaseRecords records) {
        switch (records) {
            case RecordRegion region -> {
                endPart();
                parts.add(new Part.Region(region));
            }
            case MemoryRecords memory -> writeByteBuffer(memory.buffer());
            default -> throw new IllegalArgumentException("cannot send " + records.getClass());
        }
    }

    /** Fails unless the size was computed right, which would put every later frame out of step. */
    List<Part> finish() {
        if (buffer.hasRemaining()) {
            throw new IllegalStateException(
                    "the message is " + buffer.remaining() + " bytes shorter than computed");
        }
        endPart();
        return parts;
    }

    private void endPart() {
        if (buffer.position() > partStart) {
            parts.add(new Part.Bytes(buffer.slice(partStart, buffer.position() - partStart)));
            partStart = buffer.position();
        }
    }
}
