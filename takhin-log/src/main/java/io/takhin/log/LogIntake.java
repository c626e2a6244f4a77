package io.takhin.log;

import io.takhin.log.file.ShortageException;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;

/**
 * How batches come into a log, a producer's or another replica's: what is checked before the lock
 * is taken, what may refuse them under it, and what is told once they are written.
 *
 * <p>Threads: any; takes the log's lock.
 */
final class LogIntake {
    private final PartitionLog log;
    private final LogState state;
    private final LogGuard guard;
    private final LogAppender appender;
    private final LogCutter cutter;

    LogIntake(
            PartitionLog log,
            LogState state,
            LogGuard guard,
            LogAppender appender,
            LogCutter cutter) {
        this.log = log;
        this.state = state;
        this.guard = guard;
        this.appender = appender;
        this.cutter = cutter;
    }

    /** As {@link PartitionLog#appendAsLeader}. */
    Append asLeader(ByteBuffer batches, int leaderEpoch, Origin origin) {
        LogConfig config = state.config;
        long now = state.host.clock().wallMillis();
        Append.Refused refused = BatchValidation.check(batches, config, origin, now);
        if (refused != null) {
            return refused;
        }
        boolean stamped = config.timestampType() == TimestampType.LOG_APPEND_TIME;
        if (stamped) {
            BatchValidation.stamp(batches, now);
        }
        int bytes = batches.remaining();
        state.lock.lock();
        try {
            if (!state.isWritable()) {
                return new Append.Refused(Errors.KAFKA_STORAGE_ERROR, "the log is offline");
            }
            if (!state.host.admits(bytes, origin)) {
                return new Append.Refused(Errors.KAFKA_STORAGE_ERROR, "the disk is nearly full");
            }
            Append done = appender.appendAsLeader(batches, leaderEpoch, origin, stamped ? now : -1);
            if (done instanceof Append.Done) {
                log.durability().written(log, bytes);
            }
            return done;
        } catch (ShortageException e) {
            state.host.shortage(e);
            return new Append.Refused(
                    Errors.KAFKA_STORAGE_ERROR, "nothing written: " + e.getMessage());
        } catch (IOException e) {
            state.host.fail(e);
            return new Append.Refused(Errors.KAFKA_STORAGE_ERROR, String.valueOf(e.getMessage()));
        } finally {
            state.lock.unlock();
        }
    }

    /** As {@link PartitionLog#appendAsFollower}. */
    void asFollower(ByteBuffer batches) {
        guard.change(() -> {
            LogAppender.checkReplicated(batches, state.view.end());
            if (batches.hasRemaining()) {
                cutter.makeRoomFor(BatchHeader.baseOffset(batches, batches.position()));
                int bytes = batches.remaining();
                appender.write(batches);
                log.durability().written(log, bytes);
            }
        });
    }
}
