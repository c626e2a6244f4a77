package io.takhin.protocol;

import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Lets a region write itself into memory; takes what there is room for. */
record BufferChannel(ByteBuffer target) implements WritableByteChannel {
    @Override
    public int write(ByteBuffer source) {
        int length = Math.min(source.remaining(), target.remaining());
        target.put(target.position(), source, source.position(), length);
        target.position(target.position() + length);
        source.position(source.position() + length);
        return length;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        // Memory needs no closing.
    }
}
