package io.takhin.coordinator;

import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The logs of this broker, as coordinators ask for them.
 *
 * <p>Threads: any.
 */
public interface CoordinatorLogs {
    /** The log of a partition this broker leads; null where it does not, or where it is offline. */
    @Nullable CoordinatorLog leading(TopicPartition partition);

    /** The high watermark of any partition, empty where this broker does not lead it. */
    OptionalLong highWatermark(TopicPartition partition);
}
