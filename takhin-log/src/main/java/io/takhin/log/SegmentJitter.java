package io.takhin.log;

import io.takhin.log.file.SharedFile;

/**
 * How much sooner than {@code segment.ms} a segment is closed, so that not all of a topic's
 * partitions close theirs at once. As Kafka's {@code LogConfig.randomSegmentJitter}, but the same
 * after a restart.
 */
final class SegmentJitter {
    private SegmentJitter() {}

    /**
     * Milliseconds.
     *
     * @param batches the segment's file, by whose place and offset it is known
     */
    static long millis(LogConfig config, SharedFile batches) {
        long most = Math.min(config.segmentJitter().toMillis(), config.segmentMillisMax());
        return most <= 0
                ? 0
                : Math.floorMod(
                        draw(batches.directory().getFileName() + "/" + batches.offset()), most);
    }

    /** A number that looks random for each name: the last step of SplitMix64. */
    private static long draw(String name) {
        long mixed = name.hashCode() * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
