package io.takhin.network;

import io.takhin.protocol.EncodedFrame;
import io.takhin.protocol.EncodedFrame.Part;
import io.takhin.protocol.RecordRegion;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * What a connection has to send: bytes and file regions in their order. Bytes and small regions are
 * gathered in the send buffer of the loop and leave in one write; larger regions go from the file
 * to the socket by themselves.
 *
 * <p>Threads: the connection's event loop.
 */
final class Outbox {
    /** Below this, a copy is cheaper than a system call and a packet of its own. */
    private static final int GATHERED_REGION_MAX = 16 << 10;

    /** A fast reader of much data lets the loop's other connections have their turn. */
    private static final long TURN_BYTES_MAX = 2 << 20;

    /** How {@link #send} ended. */
    enum Outcome {
        /** All is sent. */
        SENT,
        /** The socket takes no more now. */
        BLOCKED,
        /** There is more, and others should have their turn. */
        YIELDED,
        /** The region at the head has to be loaded first. */
        COLD
    }

    private final Deque<Entry> entries = new ArrayDeque<>(4);
    private long bytes;

    /** One part and what of it has been sent. */
    private static final class Entry {
        private final Part part;
        private final long size;
        private long sent;
        private boolean loaded;

        /** Nothing of a region went out: a full socket, or a file cut short? A copy will tell. */
        private boolean stuck;

        private Entry(Part part) {
            this.part = part;
            this.size =
                    switch (part) {
                        case Part.Bytes heap -> heap.bytes().remaining();
                        case Part.Region file -> file.region().sizeInBytes();
                    };
            this.loaded = !(part instanceof Part.Region file && file.region().mayBlock());
        }

        private long left() {
            return size - sent;
        }

        private boolean isGathered() {
            return part instanceof Part.Bytes || left() <= GATHERED_REGION_MAX;
        }

        private void release() {
            if (part instanceof Part.Region file) {
                file.region().release();
            }
        }
    }

    void add(EncodedFrame frame) {
        for (Part part : frame.parts()) {
            Entry entry = new Entry(part);
            if (entry.size > 0) {
                entries.add(entry);
            } else {
                entry.release();
            }
        }
        bytes += frame.size();
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** Bytes not sent yet. */
    long bytes() {
        return bytes;
    }

    /**
     * Sends what the socket takes.
     *
     * @param writable whether the socket is known to take something
     */
    Outcome send(WritableByteChannel channel, ByteBuffer buffer, boolean writable)
            throws IOException {
        long turn = 0;
        while (!entries.isEmpty()) {
            Entry head = entries.element();
            if (!head.loaded) {
                return Outcome.COLD;
            }
            if (turn >= TURN_BYTES_MAX) {
                return Outcome.YIELDED;
            }
            boolean stuck = writable && turn == 0 && head.stuck;
            long offered = stuck || head.isGathered() ? gather(buffer.clear()) : head.left();
            long sent =
                    stuck || head.isGathered()
                            ? channel.write(buffer.flip())
                            : sendRegion(head, channel);
            head.stuck = sent == 0;
            advance(sent);
            turn += sent;
            if (sent < offered) {
                return Outcome.BLOCKED;
            }
        }
        return Outcome.SENT;
    }

    /** The region that {@link Outcome#COLD} is about. */
    RecordRegion coldRegion() {
        if (entries.element().part instanceof Part.Region file) {
            return file.region();
        }
        throw new IllegalStateException("only regions are cold");
    }

    long coldBytes() {
        return entries.element().left();
    }

    void coldRegionLoaded() {
        entries.element().loaded = true;
    }

    /** Gives all regions back, sent or not. */
    void close() {
        entries.forEach(Entry::release);
        entries.clear();
        bytes = 0;
    }

    /** Fills the buffer from as many parts as fit, without taking them out. */
    private int gather(ByteBuffer buffer) throws IOException {
        Iterator<Entry> all = entries.iterator();
        while (all.hasNext() && buffer.hasRemaining()) {
            Entry entry = all.next();
            if (!entry.loaded || !(entry.isGathered() || entry.stuck)) {
                break;
            }
            switch (entry.part) {
                case Part.Bytes heap -> copy(heap.bytes(), entry, buffer);
                case Part.Region file -> copy(file.region(), entry, buffer);
            }
        }
        return buffer.position();
    }

    private static void copy(ByteBuffer from, Entry entry, ByteBuffer to) {
        int length = (int) Math.min(entry.left(), to.remaining());
        to.put(to.position(), from, from.position() + (int) entry.sent, length);
        to.position(to.position() + length);
    }

    private static void copy(RecordRegion from, Entry entry, ByteBuffer to) throws IOException {
        long wanted = Math.min(entry.left(), to.remaining());
        int copied = from.copyTo(to, entry.sent);
        if (copied < wanted) {
            throw new EOFException(
                    "a region of a file ends after " + (entry.sent + copied) + " bytes");
        }
    }

    private static long sendRegion(Entry entry, WritableByteChannel channel) throws IOException {
        return ((Part.Region) entry.part).region().transferTo(entry.sent, channel);
    }

    private void advance(long sent) {
        bytes -= sent;
        long left = sent;
        while (left > 0) {
            Entry head = entries.element();
            long taken = Math.min(left, head.left());
            head.sent += taken;
            left -= taken;
            if (head.left() == 0) {
                entries.remove().release();
            }
        }
    }
}
