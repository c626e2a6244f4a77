package io.takhin.log;

import io.takhin.log.checkpoint.CleanerOffsets;
import io.takhin.log.checkpoint.GapOffsets;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a start is told of the compaction of one log, by its own file and by Kafka's checkpoint.
 *
 * @param directory of the log
 * @param gapsBelow as its own file has it
 * @param cleanedBelow as Kafka's checkpoint has it
 * @param isCheckpointKnown whether that was not damaged
 */
record CompactedPart(Path directory, long gapsBelow, long cleanedBelow, boolean isCheckpointKnown) {
    private static final Logger log = LoggerFactory.getLogger(CompactedPart.class);

    /**
     * Read from the disk.
     *
     * @param cleanStop nobody asks for gaps then, and of many logs reading takes its time
     */
    static CompactedPart read(
            Path directory, TopicPartition partition, CleanerOffsets offsets, boolean cleanStop)
            throws IOException {
        return new CompactedPart(
                directory,
                cleanStop ? 0 : GapOffsets.read(directory),
                offsets.of(partition),
                offsets.areKnown());
    }

    private boolean isKnown() {
        return isCheckpointKnown && gapsBelow != GapOffsets.UNKNOWN;
    }

    /** Below the offset any may be missing; in doubt all, and records stay. */
    long explainedBelow() {
        return isKnown() ? Math.max(gapsBelow, cleanedBelow) : Long.MAX_VALUE;
    }

    /**
     * Only what was on the disk is compacted: what the journal has of it may be what compaction
     * took.
     */
    long durableBelow() {
        return isKnown() ? Math.max(gapsBelow, cleanedBelow) : 0;
    }

    /**
     * The log was read back. The next start would not know what this one did not, either, once a
     * damaged file is replaced; and of what is written behind the log's end nothing is compacted.
     */
    void settle(GapOffsets gaps, LogView view) throws IOException {
        boolean hasGaps = view.segments().size() > 1;
        try {
            if (gapsBelow == GapOffsets.UNKNOWN || (!isCheckpointKnown && hasGaps)) {
                gaps.accept(directory, hasGaps ? view.active().baseOffset() : 0);
            } else if (gapsBelow > view.end()) {
                gaps.lower(directory, view.end());
            }
        } catch (ShortageException e) {
            // A full disk must not keep a broker from starting.
            log.warn("{}: what explains gaps is not written: {}", directory, e.getMessage());
        }
    }
}
