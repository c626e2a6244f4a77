package io.takhin.broker;

import io.takhin.coordinator.CoordinatorLog;
import io.takhin.log.LogRead;
import io.takhin.log.Origin;
import io.takhin.protocol.RecordRegion;
import io.takhin.replication.AdvanceSignal;
import io.takhin.replication.Partition;
import io.takhin.replication.ReadUpTo;
import io.takhin.replication.ReplicaState;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;

/** One partition during one leadership of this broker, as a coordinator's log. */
final class LeadingLog implements CoordinatorLog {
    private final Partition partition;
    private final int leaderEpoch;

    LeadingLog(Partition partition, int leaderEpoch) {
        this.partition = partition;
        this.leaderEpoch = leaderEpoch;
    }

    @Override
    public Append append(ByteBuffer batches) {
        if (!isCurrent()) {
            return new Append.Refused(Errors.NOT_LEADER_OR_FOLLOWER);
        }
        return switch (partition.append(batches, Origin.COORDINATOR, true)) {
            case io.takhin.log.Append.Done done -> new Append.Done(done.lastOffset() + 1);
            case io.takhin.log.Append.Duplicate first -> new Append.Done(first.lastOffset() + 1);
            case io.takhin.log.Append.Refused refused -> new Append.Refused(refused.error());
        };
    }

    @Override
    public long startOffset() {
        return partition.log().logStartOffset();
    }

    @Override
    public long endOffset() {
        return partition.log().logEndOffset();
    }

    @Override
    public long highWatermark() {
        return partition.highWatermark();
    }

    @Override
    public ByteBuffer read(long offset, int bytesMax) throws IOException {
        return switch (partition.read(offset, bytesMax, true, ReadUpTo.LOG_END)) {
            case LogRead.Found found -> copy(found.records());
            case LogRead.Nothing _ -> ByteBuffer.allocate(0);
            case LogRead.Damaged(String where) ->
                    throw new IOException(partition.topicPartition() + " is damaged: " + where);
            case LogRead.Unchecked _ -> throw new IllegalStateException("not checked");
            case LogRead.OutOfRange range ->
                    throw new IOException(
                            "%s: offset %d is outside %d to %d"
                                    .formatted(
                                            partition.topicPartition(),
                                            offset,
                                            range.logStartOffset(),
                                            range.logEndOffset()));
        };
    }

    private static ByteBuffer copy(RecordRegion region) throws IOException {
        try {
            ByteBuffer bytes = ByteBuffer.allocate(region.sizeInBytes());
            region.copyTo(bytes, 0);
            return bytes.flip();
        } finally {
            region.release();
        }
    }

    @Override
    public void addListener(HighWatermarkListener listener) {
        partition.addSignal(new Signal(listener));
    }

    @Override
    public void removeListener(HighWatermarkListener listener) {
        partition.removeSignal(new Signal(listener));
    }

    private boolean isCurrent() {
        return partition.state() instanceof ReplicaState.Leader now
                && now.leaderEpoch() == leaderEpoch;
    }

    /** Equal to every other signal of the same listener in the same leadership. */
    private final class Signal implements AdvanceSignal {
        private final HighWatermarkListener listener;

        Signal(HighWatermarkListener listener) {
            this.listener = listener;
        }

        @Override
        public void advanced(Partition source) {
            if (isCurrent()) {
                listener.advancedTo(source.highWatermark());
            } else {
                source.removeSignal(this);
            }
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Signal that && listener.equals(that.listener);
        }

        @Override
        public int hashCode() {
            return listener.hashCode();
        }
    }
}
