package io.takhin.log;

import org.apache.kafka.common.protocol.Errors;

/** How an append to the leader's log ended. Expected outcomes are values, not exceptions. */
public sealed interface Append {
    /**
     * The batches are in the log (not necessarily on the disk yet).
     *
     * @param logAppendTime milliseconds, or -1 where the topic keeps the producer's timestamps
     */
    record Done(long baseOffset, long lastOffset, long logAppendTime, long logStartOffset)
            implements Append {}

    /** An idempotent producer sent again what is already here; it gets the first answer again. */
    record Duplicate(long baseOffset, long lastOffset, long logAppendTime, long logStartOffset)
            implements Append {}

    /** Nothing was written. */
    record Refused(Errors error, String why) implements Append {}
}
