package io.takhin.coordinator;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.jspecify.annotations.Nullable;

/**
 * A partition of the offsets topic in memory, led by this broker now and then. Everything is
 * replicated at once unless a test holds replication up.
 */
final class MemoryLog {
    /** One batch as it lies in the log. */
    record Stored(long baseOffset, long nextOffset, ByteBuffer bytes) {}

    private final List<CoordinatorLog.HighWatermarkListener> listeners =
            new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable Errors> refusal = new AtomicReference<>();
    private final AtomicReference<@Nullable Leadership> current = new AtomicReference<>();
    private final List<Stored> batches = new ArrayList<>();
    private long startOffset;
    private long endOffset;
    private long highWatermark;
    private boolean replicationHeld;
    private byte[] tornTail = new byte[0];

    CoordinatorLog.Append append(ByteBuffer records) {
        Errors error = refusal.get();
        if (error != null) {
            return new CoordinatorLog.Append.Refused(error);
        }
        long written = write(records);
        if (!isReplicationHeld()) {
            replicate();
        }
        return new CoordinatorLog.Append.Done(written);
    }

    private synchronized long write(ByteBuffer records) {
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(records).batches()) {
            int count = (int) (batch.lastOffset() - batch.baseOffset() + 1);
            long base = endOffset;
            batch.setLastOffset(base + count - 1);
            batch.setPartitionLeaderEpoch(1);
            ByteBuffer copy = ByteBuffer.allocate(batch.sizeInBytes());
            batch.writeTo(copy);
            batches.add(new Stored(base, base + count, copy.flip()));
            endOffset = base + count;
        }
        return endOffset;
    }

    /** Brings the high watermark to the end. */
    void replicate() {
        long reached;
        synchronized (this) {
            highWatermark = endOffset;
            reached = highWatermark;
        }
        listeners.forEach(listener -> listener.advancedTo(reached));
    }

    synchronized void holdReplication() {
        replicationHeld = true;
    }

    private synchronized boolean isReplicationHeld() {
        return replicationHeld;
    }

    /** Every append from now on fails; null heals. */
    void refuse(@Nullable Errors error) {
        refusal.set(error);
    }

    /** What a crash left half written behind the last batch. */
    synchronized void tearTail(byte[] bytes) {
        tornTail = bytes;
    }

    /** As retention or DeleteRecords would: what lies before is gone. */
    synchronized void cutBefore(long offset) {
        batches.removeIf(batch -> batch.nextOffset() <= offset);
        startOffset = offset;
        endOffset = Math.max(endOffset, offset);
        highWatermark = Math.max(highWatermark, offset);
    }

    synchronized List<Stored> batches() {
        return List.copyOf(batches);
    }

    int listeners() {
        return listeners.size();
    }

    synchronized long startOffset() {
        return startOffset;
    }

    synchronized long endOffset() {
        return endOffset;
    }

    synchronized long highWatermark() {
        return highWatermark;
    }

    private synchronized ByteBuffer read(long offset, int bytesMax) {
        ByteBuffer found = ByteBuffer.allocate(1 << 20);
        for (Stored batch : batches) {
            boolean fits =
                    found.position() == 0 || found.position() + batch.bytes.remaining() <= bytesMax;
            if (batch.nextOffset() > offset && fits) {
                found.put(batch.bytes().duplicate());
            }
        }
        if (found.position() == 0 && offset < endOffset) {
            found.put(tornTail);
        }
        return found.flip();
    }

    /** The end of the log lies this far on, whatever was stored. */
    synchronized void claimEnd(long offset) {
        endOffset = offset;
    }

    /** This broker leads from now on; the leadership before, if any, ends. */
    CoordinatorLog lead() {
        endLeadership();
        Leadership next = new Leadership();
        current.set(next);
        return next;
    }

    /** As a partition does, it forgets who listened. */
    void endLeadership() {
        current.set(null);
        listeners.clear();
    }

    private final class Leadership implements CoordinatorLog {
        @Override
        public Append append(ByteBuffer batches) {
            return equals(current.get())
                    ? MemoryLog.this.append(batches)
                    : new Append.Refused(Errors.NOT_LEADER_OR_FOLLOWER);
        }

        @Override
        public long startOffset() {
            return MemoryLog.this.startOffset();
        }

        @Override
        public long endOffset() {
            return MemoryLog.this.endOffset();
        }

        @Override
        public long highWatermark() {
            return MemoryLog.this.highWatermark();
        }

        @Override
        public ByteBuffer read(long offset, int bytesMax) {
            return MemoryLog.this.read(offset, bytesMax);
        }

        @Override
        public void addListener(HighWatermarkListener listener) {
            if (equals(current.get())) {
                listeners.add(listener);
            }
        }

        @Override
        public void removeListener(HighWatermarkListener listener) {
            listeners.remove(listener);
        }
    }
}
