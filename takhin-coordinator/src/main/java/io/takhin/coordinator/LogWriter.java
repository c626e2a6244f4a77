package io.takhin.coordinator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/**
 * Lets Kafka's coordinator runtime write to Takhin's logs.
 *
 * <p>Threads: any. A listener hears of a partition's high watermark in rising order only.
 */
final class LogWriter implements PartitionWriter {
    /**
     * What the runtime takes for the size of a full batch, and so for its write buffer, which it
     * keeps for as long as it leads the partition. Not a limit: a record, or several that belong
     * together, may be larger; what is too large the log itself refuses (ADR 52).
     */
    static final int BATCH_BYTES = 64 * 1024;

    private final LedLogs logs;
    private final ServedPartitions served;
    private final Map<Listener, Relay> relays = new ConcurrentHashMap<>();
    private final LogConfig config =
            new LogConfig(Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, BATCH_BYTES));

    LogWriter(LedLogs logs, ServedPartitions served) {
        this.logs = logs;
        this.served = served;
    }

    @Override
    public LogConfig config(TopicPartition partition) {
        return config;
    }

    @Override
    public long append(
            TopicPartition partition,
            VerificationGuard verificationGuard,
            MemoryRecords records,
            short transactionVersion) {
        return switch (leading(partition).append(records.buffer())) {
            case CoordinatorLog.Append.Done done -> done.nextOffset();
            case CoordinatorLog.Append.Refused refused -> throw refused.error().exception();
        };
    }

    /**
     * The listener is told at once where the high watermark is: it may have moved while the records
     * were loaded, and would not be reported again before the next write.
     */
    @Override
    public void registerListener(TopicPartition partition, Listener listener) {
        CoordinatorLog log = leading(partition);
        Relay relay = new Relay(partition, listener);
        relays.put(listener, relay);
        log.addListener(relay);
        relay.advancedTo(log.highWatermark());
        served.began(partition);
    }

    @Override
    public void deregisterListener(TopicPartition partition, Listener listener) {
        served.ended(partition);
        Relay relay = relays.remove(listener);
        CoordinatorLog log = logs.get(partition);
        if (relay != null && log != null) {
            log.removeListener(relay);
        }
    }

    @Override
    public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
            TopicPartition partition,
            String transactionalId,
            long producerId,
            short producerEpoch,
            int apiVersion) {
        return CompletableFuture.failedFuture(
                new UnsupportedVersionException("Transactions are not in this version."));
    }

    @Override
    public CompletableFuture<Void> deleteRecords(TopicPartition partition, long before) {
        return CompletableFuture.failedFuture(
                new UnsupportedVersionException("The offsets topic is compacted, not trimmed."));
    }

    private CoordinatorLog leading(TopicPartition partition) {
        CoordinatorLog log = logs.get(partition);
        if (log == null) {
            throw new NotLeaderOrFollowerException("This broker does not lead " + partition);
        }
        return log;
    }

    /** Between the log and one listener: lets nothing pass that moves the high watermark back. */
    private static final class Relay implements CoordinatorLog.HighWatermarkListener {
        private final TopicPartition partition;
        private final Listener listener;
        private final ReentrantLock lock = new ReentrantLock();

        @GuardedBy("lock")
        private long last;

        Relay(TopicPartition partition, Listener listener) {
            this.partition = partition;
            this.listener = listener;
        }

        @Override
        public void advancedTo(long highWatermark) {
            lock.lock();
            try {
                if (highWatermark > last) {
                    last = highWatermark;
                    listener.onHighWatermarkUpdated(partition, highWatermark);
                }
            } catch (NotCoordinatorException _) {
                // The runtime is closed, and about to take its listeners back.
            } finally {
                lock.unlock();
            }
        }
    }
}
