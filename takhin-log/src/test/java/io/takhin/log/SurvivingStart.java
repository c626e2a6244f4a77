package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

/** Where a log may start after a power cut. */
final class SurvivingStart {
    private long least;
    private long most;

    /** The most there is once a cut below the start is durable; else no bound. */
    private long mostAfterCut = Long.MAX_VALUE;

    long most() {
        return most;
    }

    /** Records below may be gone. */
    void mayBe(long offset) {
        most = Math.max(most, offset);
        if (mostAfterCut < Long.MAX_VALUE) {
            mostAfterCut = Math.max(mostAfterCut, offset);
        }
    }

    /** Records below are gone for good. */
    void isDurable(long offset) {
        least = offset;
    }

    void truncated(long to) {
        least = Math.min(least, to);
        mostAfterCut = Math.min(mostAfterCut, to);
    }

    /** Until a checkpoint says where it goes on, an empty log may begin anew. */
    void emptied(long at) {
        truncated(at);
        least = 0;
    }

    void flushed() {
        most = Math.min(most, mostAfterCut);
        mostAfterCut = Long.MAX_VALUE;
    }

    void check(PartitionLog log) {
        assertThat(log.logStartOffset())
                .as("start of %s", log.topicPartition())
                .isBetween(least, most);
    }

    /** After a power cut. */
    void found(long first) {
        most = first;
        mostAfterCut = Long.MAX_VALUE;
    }
}
