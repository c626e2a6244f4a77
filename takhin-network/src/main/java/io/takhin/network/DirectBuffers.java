package io.takhin.network;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * Off-heap buffers of one event loop, kept for reuse as long as they are in use and given back to
 * the system at once when they are not, without waiting for the garbage collector.
 *
 * <p>Threads: its event loop only; another thread that touches a buffer fails.
 */
final class DirectBuffers implements AutoCloseable {
    private static final int BYTES_MIN = 4 << 10;

    /** Larger ones are too rare to be kept. */
    private static final int KEPT_BYTES_MAX = 4 << 20;

    private final List<Deque<Pooled>> freeBySize = new ArrayList<>();
    private long generation;

    /** A buffer and the memory it stands on. */
    static final class Pooled {
        private final Arena arena = Arena.ofConfined();
        private final ByteBuffer bytes;
        private long freeSince;

        private Pooled(int capacity) {
            this.bytes = arena.allocate(capacity).asByteBuffer();
        }

        ByteBuffer bytes() {
            return bytes;
        }
    }

    /** A cleared buffer of at least this capacity. */
    Pooled take(int capacity) {
        int rounded = roundUp(capacity);
        Deque<Pooled> free = freeOfSize(rounded);
        Pooled pooled = free.isEmpty() ? new Pooled(rounded) : free.pop();
        pooled.bytes.clear();
        return pooled;
    }

    void giveBack(Pooled pooled) {
        if (pooled.bytes.capacity() > KEPT_BYTES_MAX) {
            pooled.arena.close();
            return;
        }
        pooled.freeSince = generation;
        freeOfSize(pooled.bytes.capacity()).push(pooled);
    }

    /** Frees what was not needed since the call before this one. */
    void trim() {
        for (Deque<Pooled> free : freeBySize) {
            Iterator<Pooled> oldestFirst = free.descendingIterator();
            while (oldestFirst.hasNext()) {
                Pooled pooled = oldestFirst.next();
                if (pooled.freeSince == generation) {
                    break;
                }
                pooled.arena.close();
                oldestFirst.remove();
            }
        }
        generation++;
    }

    /** Bytes that wait for reuse. */
    long freeBytes() {
        return freeBySize.stream()
                .flatMap(Deque::stream)
                .mapToLong(pooled -> pooled.bytes.capacity())
                .sum();
    }

    @Override
    public void close() {
        freeBySize.forEach(free -> free.forEach(pooled -> pooled.arena.close()));
        freeBySize.clear();
    }

    /** Powers of two, so that a buffer fits many frames. */
    private static int roundUp(int capacity) {
        if (capacity > KEPT_BYTES_MAX) {
            return capacity;
        }
        return Math.max(BYTES_MIN, Integer.highestOneBit(capacity - 1) << 1);
    }

    private Deque<Pooled> freeOfSize(int capacity) {
        int index = Integer.numberOfTrailingZeros(Integer.highestOneBit(capacity));
        while (freeBySize.size() <= index) {
            freeBySize.add(new ArrayDeque<>(4));
        }
        return freeBySize.get(index);
    }
}
