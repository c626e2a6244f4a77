package io.takhin.coordinator;

import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;

/**
 * How far consumers can read in the partitions of this broker.
 *
 * <p>Threads: any.
 */
@FunctionalInterface
public interface HighWatermarks {
    /** Empty where this broker does not lead the partition. */
    OptionalLong of(TopicPartition partition);
}
