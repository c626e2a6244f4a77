package io.takhin.network;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Tasks by the time at which they are due: a binary heap whose entries know their place, because
 * nearly every long poll cancels its deadline.
 *
 * <p>Threads: its event loop only.
 */
final class DeadlineQueue {
    private static final int UNPLACED = -1;

    private @Nullable Entry[] heap = new Entry[16];
    private int size;

    Entry add(long dueNanos, Runnable task) {
        Entry entry = new Entry(dueNanos, task);
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, 2 * size);
        }
        place(entry, size++);
        siftUp(entry);
        return entry;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** When the next task is due. Not to be asked of an empty queue. */
    long nextDueNanos() {
        return at(0).dueNanos;
    }

    /** Takes a task that is due; null when there is none. */
    @Nullable Runnable pollDue(long nowNanos) {
        if (size == 0 || at(0).dueNanos - nowNanos > 0) {
            return null;
        }
        Entry first = at(0);
        remove(first);
        return first.task;
    }

    private void remove(Entry entry) {
        int hole = entry.place;
        entry.place = UNPLACED;
        Entry last = at(--size);
        heap[size] = null;
        if (last != entry) {
            place(last, hole);
            siftUp(last);
            siftDown(last);
        }
    }

    private void siftUp(Entry entry) {
        while (entry.place > 0) {
            Entry parent = at((entry.place - 1) / 2);
            if (!entry.isBefore(parent)) {
                return;
            }
            swap(entry, parent);
        }
    }

    private void siftDown(Entry entry) {
        while (2 * entry.place + 1 < size) {
            int left = 2 * entry.place + 1;
            Entry child = at(left);
            if (left + 1 < size && at(left + 1).isBefore(child)) {
                child = at(left + 1);
            }
            if (!child.isBefore(entry)) {
                return;
            }
            swap(entry, child);
        }
    }

    private void swap(Entry one, Entry other) {
        int place = one.place;
        place(one, other.place);
        place(other, place);
    }

    private void place(Entry entry, int place) {
        heap[place] = entry;
        entry.place = place;
    }

    private Entry at(int place) {
        Entry entry = heap[place];
        if (entry == null) {
            throw new IllegalStateException("no deadline at " + place + " of " + size);
        }
        return entry;
    }

    final class Entry implements Deadline {
        private final long dueNanos;
        private final Runnable task;
        private int place;

        private Entry(long dueNanos, Runnable task) {
            this.dueNanos = dueNanos;
            this.task = task;
        }

        @Override
        public void cancel() {
            if (place != UNPLACED) {
                remove(this);
            }
        }

        private boolean isBefore(Entry other) {
            return dueNanos - other.dueNanos < 0;
        }
    }
}
