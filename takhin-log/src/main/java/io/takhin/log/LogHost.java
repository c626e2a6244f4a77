package io.takhin.log;

import io.takhin.base.Clock;
import io.takhin.log.file.OpenFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/**
 * What a log needs from where it lives: a {@link LogDirectory}, or itself alone.
 *
 * <p>Threads: any.
 */
interface LogHost {
    Clock clock();

    /** What keeps the descriptors of the log's files. */
    OpenFiles openFiles();

    /** False once anything could not be written: nothing may be written then. */
    boolean isOnline();

    /** An I/O error: the one place where a directory goes offline. */
    void fail(IOException cause);

    /** Whether there is room for so many bytes, which are then counted as written. */
    boolean admits(int bytes, Origin origin);

    /**
     * Whether there is room to write so many bytes anew beside the old ones, which go only later.
     */
    boolean hasRoomToRewrite(long bytes);

    /** Nothing could be written because something ran out; nothing is lost, either. */
    void shortage(IOException cause);

    /** A batch was found that is not what was written: told once for each. */
    void damaged(TopicPartition partition, String where);

    /** The log wants to be durable soon; returns at once. */
    void requestFlush(PartitionLog log);

    /** Returns when everything that the log holds now is durable, or the host has failed. */
    void flush(PartitionLog log);

    /** The log has something that is not durable, since now. */
    void unflushed(PartitionLog log);

    /** Records were deleted up to a new start, which a restart should know soon. */
    void startMoved(PartitionLog log);

    /**
     * The recovery point that a restart would find for a partition. A log may not claim to be
     * durable again while it holds less than this.
     */
    long writtenRecoveryPoint(TopicPartition partition);

    /**
     * Returns when neither the recovery point nor the log start that a restart would find for a
     * partition is above these, nor the cleaner's offset above the cut, and nobody is about to
     * write a higher one. The log itself says so already.
     */
    void lowerCheckpoints(TopicPartition partition, long cut, long end, long start)
            throws IOException;

    /** These files have no place in a log any more; who reads them may finish. */
    void removeLater(List<Path> files, Duration delay);
}
