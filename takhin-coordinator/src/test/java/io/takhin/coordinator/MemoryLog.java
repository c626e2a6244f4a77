package io.takhin.coordinator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.jspecify.annotations.Nullable;

/** A partition in memory. Everything is replicated at once unless a test holds replication up. */
final class MemoryLog implements CoordinatorLog {
    /** One batch as it lies in the log. */
    record Stored(long baseOffset, long nextOffset, ByteBuffer bytes) {}

    private final List<HighWatermarkListener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable Errors> refusal = new AtomicReference<>();
    private final List<Stored> batches = new ArrayList<>();
    private long startOffset;
    private long endOffset;
    private long highWatermark;
    private boolean replicationHeld;
    private byte[] tornTail = new byte[0];

    @Override
    public Append append(ByteBuffer records) {
        Errors error = refusal.get();
        if (error != null) {
            return new Append.Refused(error);
        }
        long written = write(records);
        if (!isReplicationHeld()) {
            replicate();
        }
        return new Append.Done(written);
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

    @Override
    public synchronized long startOffset() {
        return startOffset;
    }

    @Override
    public synchronized long endOffset() {
        return endOffset;
    }

    @Override
    public synchronized long highWatermark() {
        return highWatermark;
    }

    @Override
    public synchronized ByteBuffer read(long offset, int bytesMax) throws IOException {
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

    @Override
    public void addListener(HighWatermarkListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeListener(HighWatermarkListener listener) {
        listeners.remove(listener);
    }

    /** This broker leads no more: as a partition does, it forgets who listened. */
    void leadershipEnded() {
        listeners.clear();
    }
}
