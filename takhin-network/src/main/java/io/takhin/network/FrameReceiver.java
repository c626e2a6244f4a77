package io.takhin.network;

import io.takhin.network.DirectBuffers.Pooled;
import io.takhin.protocol.MalformedFrameException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what a connection receives into frames. Bytes go into the receive buffer of the loop; only a
 * frame that did not arrive in full is moved to a buffer of its own, where the rest of it is read.
 * An idle connection holds no buffer.
 *
 * <p>Threads: the connection's event loop.
 */
final class FrameReceiver {
    private static final int LENGTH_BYTES = Integer.BYTES;

    /** A frame gets its memory as its bytes arrive, since the announced length may be a lie. */
    private static final int FIRST_BUFFER_BYTES = 64 << 10;

    private static final int GROWTH = 4;

    /** While others wait for memory, a frame has to arrive at this speed, or its sender goes. */
    private static final long BYTES_PER_SECOND_MIN = 100_000;

    private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Takes whole frames. */
    interface Sink {
        /** The frame, without its length, is valid during the call only. */
        void onFrame(ByteBuffer frame) throws MalformedFrameException;

        /** False holds the frames back until {@link FrameReceiver#resume}. */
        boolean takesMore();

        /** Has to call {@link FrameReceiver#useMemory} on the loop. Called on any thread. */
        void onMemoryGranted();
    }

    private final EventLoop loop;
    private final ReceiveMemory memory;
    private final int frameBytesMax;
    private final Sink sink;

    /** Up to four received bytes: the length of a frame, or the beginning of one. */
    private int prefix;

    private int prefixBytes;

    /** A frame that arrives; the limit of the buffer is never beyond the end of the frame. */
    private @Nullable Pooled filling;

    private int reservedBytes;
    private long fillingSince;

    /** Received bytes that may not be delivered yet, ready to be read. */
    private @Nullable Pooled kept;

    private ReceiveMemory.@Nullable Waiter waiter;
    private boolean closed;

    FrameReceiver(EventLoop loop, ReceiveMemory memory, int frameBytesMax, Sink sink) {
        this.loop = loop;
        this.memory = memory;
        this.frameBytesMax = frameBytesMax;
        this.sink = sink;
    }

    /** Whether {@link #receive} may be called. */
    boolean wantsBytes() {
        return kept == null && waiter == null;
    }

    /** Bytes have arrived that the sink did not want yet. */
    boolean hasKept() {
        return kept != null && waiter == null;
    }

    boolean waitsForMemory() {
        return waiter != null;
    }

    /** Whether a frame takes so long that it should make room when memory is short. */
    boolean isStalled(long nowNanos) {
        long allowed = STALL_NANOS + TimeUnit.SECONDS.toNanos(reservedBytes / BYTES_PER_SECOND_MIN);
        return filling != null && nowNanos - fillingSince > allowed;
    }

    /**
     * Reads once and delivers what is whole. Returns how much was read; -1 when the peer is done.
     */
    int receive(ReadableByteChannel channel) throws IOException, MalformedFrameException {
        return filling == null ? receiveAhead(channel) : receiveRest(filling.bytes(), channel);
    }

    /** Delivers what was held back. */
    void resume() throws MalformedFrameException {
        Pooled pooled = kept;
        if (pooled == null || waiter != null) {
            return;
        }
        kept = null;
        try {
            deliver(pooled.bytes());
            if (pooled.bytes().hasRemaining() && !sink.takesMore() && !closed) {
                kept = pooled;
            } else {
                retain(pooled.bytes());
            }
        } finally {
            // Also when what was held back turns out to be garbage.
            if (kept != pooled) {
                giveBackKept(pooled);
            }
        }
    }

    /** The memory asked for has been reserved. */
    void useMemory() {
        if (closed || waiter == null) {
            return;
        }
        waiter = null;
        if (kept == null) {
            startFilling(putPrefix(ByteBuffer.allocate(LENGTH_BYTES)).flip());
            return;
        }
        Pooled pooled = kept;
        kept = null;
        startFilling(pooled.bytes());
        giveBackKept(pooled);
    }

    void close() {
        closed = true;
        if (filling != null) {
            stopFilling(filling);
        }
        if (kept != null) {
            giveBackKept(kept);
            kept = null;
        }
        if (waiter != null && !waiter.cancel()) {
            memory.release(reservedBytes);
        }
        waiter = null;
    }

    private int receiveAhead(ReadableByteChannel channel)
            throws IOException, MalformedFrameException {
        ByteBuffer buffer = putPrefix(loop.receiveBuffer());
        if (memory.isShort()) {
            buffer.limit(LENGTH_BYTES);
        }
        int received = channel.read(buffer);
        buffer.flip();
        deliver(buffer);
        retain(buffer);
        return received;
    }

    private int receiveRest(ByteBuffer buffer, ReadableByteChannel channel)
            throws IOException, MalformedFrameException {
        int received = channel.read(buffer);
        if (buffer.hasRemaining()) {
            return received;
        }
        if (buffer.position() < reservedBytes) {
            grow();
        } else {
            deliverFilled();
        }
        return received;
    }

    private void deliver(ByteBuffer buffer) throws MalformedFrameException {
        while (buffer.remaining() >= LENGTH_BYTES && sink.takesMore()) {
            int length = checkedLength(buffer.getInt(buffer.position()));
            int start = buffer.position() + LENGTH_BYTES;
            int limit = buffer.limit();
            if (limit - start < length) {
                return;
            }
            buffer.position(start).limit(start + length);
            sink.onFrame(buffer);
            buffer.limit(limit).position(start + length);
        }
    }

    /** Finds a place for what could not be delivered. */
    private void retain(ByteBuffer rest) throws MalformedFrameException {
        if (closed || !rest.hasRemaining()) {
            return;
        }
        if (rest.remaining() < LENGTH_BYTES || !sink.takesMore()) {
            keep(rest);
            return;
        }
        reservedBytes = LENGTH_BYTES + checkedLength(rest.getInt(rest.position()));
        if (memory.tryReserve(reservedBytes)) {
            startFilling(rest);
        } else {
            keep(rest);
            waiter = memory.reserveLater(reservedBytes, sink::onMemoryGranted);
        }
    }

    private void keep(ByteBuffer rest) {
        if (rest.remaining() <= LENGTH_BYTES) {
            while (rest.hasRemaining()) {
                prefix = (prefix << Byte.SIZE) | (rest.get() & 0xff);
                prefixBytes++;
            }
            return;
        }
        Pooled pooled = loop.buffers().take(rest.remaining());
        pooled.bytes().put(rest).flip();
        memory.keepReadAhead(pooled.bytes().capacity());
        kept = pooled;
    }

    private ByteBuffer putPrefix(ByteBuffer buffer) {
        while (prefixBytes > 0) {
            prefixBytes--;
            buffer.put((byte) (prefix >> (prefixBytes * Byte.SIZE)));
        }
        return buffer;
    }

    private void startFilling(ByteBuffer start) {
        fillingSince = loop.clock().nanos();
        int capacity = Math.max(FIRST_BUFFER_BYTES, GROWTH * start.remaining());
        fill(start, capacity);
    }

    private void grow() {
        Pooled full = filling;
        if (full != null) {
            int capacity = (int) Math.min(reservedBytes, (long) GROWTH * full.bytes().limit());
            fill(full.bytes().flip(), capacity);
            loop.buffers().giveBack(full);
        }
    }

    private void fill(ByteBuffer start, int capacity) {
        Pooled next = loop.buffers().take(Math.min(reservedBytes, capacity));
        next.bytes().limit(Math.min(reservedBytes, next.bytes().capacity())).put(start);
        filling = next;
    }

    private void deliverFilled() throws MalformedFrameException {
        Pooled whole = filling;
        if (whole != null) {
            filling = null;
            try {
                deliver(whole.bytes().flip());
            } finally {
                stopFilling(whole);
            }
        }
    }

    private void stopFilling(Pooled pooled) {
        filling = null;
        loop.buffers().giveBack(pooled);
        memory.release(reservedBytes);
    }

    private void giveBackKept(Pooled pooled) {
        memory.releaseReadAhead(pooled.bytes().capacity());
        loop.buffers().giveBack(pooled);
    }

    private int checkedLength(int length) throws MalformedFrameException {
        if (length < 0 || length > frameBytesMax) {
            throw new MalformedFrameException(ForeignProtocol.explain(length, frameBytesMax));
        }
        return length;
    }
}
