package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The record with the largest timestamp was deleted, and others of its segment are there. */
class MaxTimestampAfterDeletionTest extends CompactionFixture {
    private static final long LATEST = Batches.NOW;

    @BeforeEach
    void oneSegment() {
        log.reconfigure(Batches.config(1 << 20, 100));
    }

    /** In one batch. */
    private void append(long... timestamps) {
        SimpleRecord[] records = new SimpleRecord[timestamps.length];
        for (int i = 0; i < timestamps.length; i++) {
            records[i] = Batches.record(timestamps[i], "v");
        }
        log.appendAsLeader(Batches.of(Compression.NONE, records), 0, Origin.CLIENT);
    }

    @Test
    void theLatestOfThoseThatAreLeftIsFound() {
        append(LATEST);
        for (int i = 1; i < 10; i++) {
            append(LATEST - 1000 + i);
        }

        log.advanceLogStart(5);

        assertThat(log.findMaxTimestamp()).isEqualTo(new FoundOffset(9, LATEST - 991, 0));
    }

    @Test
    void aBatchThatWasDeletedInPartCountsWithWhatIsLeft() {
        append(LATEST, LATEST - 3, LATEST - 7);
        append(LATEST - 5);

        log.advanceLogStart(1);

        assertThat(log.findMaxTimestamp()).isEqualTo(new FoundOffset(1, LATEST - 3, 0));
    }

    @Test
    void norDoesItHideLaterOnesBehindIt() {
        append(LATEST, LATEST - 7);
        append(LATEST - 5);
        append(LATEST - 6);

        log.advanceLogStart(1);

        assertThat(log.findMaxTimestamp()).isEqualTo(new FoundOffset(2, LATEST - 5, 0));
    }

    @Test
    void oneBehindTheStartIsFoundAsBefore() {
        append(LATEST - 5);
        append(LATEST - 6, LATEST);
        append(LATEST - 7);

        log.advanceLogStart(1);

        assertThat(log.findMaxTimestamp()).isEqualTo(new FoundOffset(2, LATEST, 0));
    }
}
