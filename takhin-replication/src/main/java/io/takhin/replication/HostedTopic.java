package io.takhin.replication;

import java.util.Collection;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The partitions of one topic on this broker, found by index.
 *
 * <p>Threads: written by the metadata thread alone; read by any.
 */
final class HostedTopic {
    private volatile AtomicReferenceArray<@Nullable Partition> partitions =
            new AtomicReferenceArray<>(0);

    @Nullable Partition get(int index) {
        AtomicReferenceArray<@Nullable Partition> now = partitions;
        return index >= 0 && index < now.length() ? now.get(index) : null;
    }

    /**
     * @param count how many partitions the topic has: room is made for all of them at once
     */
    void put(int index, Partition partition, int count) {
        if (partitions.length() < count) {
            grow(count);
        }
        partitions.set(index, partition);
    }

    @Nullable Partition remove(int index) {
        return index < partitions.length() ? partitions.getAndSet(index, null) : null;
    }

    private void grow(int count) {
        AtomicReferenceArray<@Nullable Partition> larger = new AtomicReferenceArray<>(count);
        for (int i = 0; i < partitions.length(); i++) {
            larger.set(i, partitions.get(i));
        }
        partitions = larger;
    }

    void forEach(Consumer<Partition> action) {
        AtomicReferenceArray<@Nullable Partition> now = partitions;
        for (int i = 0; i < now.length(); i++) {
            Partition partition = now.get(i);
            if (partition != null) {
                action.accept(partition);
            }
        }
    }

    void addTo(Collection<Partition> all) {
        forEach(all::add);
    }
}
