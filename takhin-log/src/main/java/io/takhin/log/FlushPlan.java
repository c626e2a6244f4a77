package io.takhin.log;

import io.takhin.log.file.SharedFile;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One flush of one log: what has to be brought to the disk, and what is durable then.
 *
 * @param directory the partition's
 * @param view what will be durable when it is done
 * @param bytes of batches that will be durable then, and are not now
 * @param range where this is all there is to flush; else null
 * @param afterCut something was cut off since the plan before
 * @param closed segments that take no more records
 * @param files to be synced
 * @param paths small files and directories to be synced
 */
record FlushPlan(
        Path directory,
        LogView view,
        long bytes,
        @Nullable Range range,
        boolean afterCut,
        List<Segment> closed,
        List<SharedFile> files,
        List<Path> paths) {

    /**
     * New bytes of one segment, of a log in which nothing else changed.
     *
     * @param from position in the segment's file, with the offset {@code firstOffset}
     * @param to position behind the last byte, where {@code endOffset} will be
     * @param cuts as the log's view had it
     */
    record Range(Segment segment, int from, int to, long firstOffset, long endOffset, int cuts) {
        int bytes() {
            return to - from;
        }
    }
}
