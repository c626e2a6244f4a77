package io.takhin.log;

import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an index of a segment anew that was seen to contradict the batches. What a reader does
 * meanwhile does not depend on it.
 *
 * <p>Threads: any; takes the log's lock. Blocks for the disk.
 */
final class IndexRepair {
    private static final Logger log = LoggerFactory.getLogger(IndexRepair.class);

    private final LogState state;

    IndexRepair(LogState state) {
        this.state = state;
    }

    private interface Work {
        void run() throws IOException;
    }

    /** What made somebody doubt, once more. */
    interface Check {
        boolean holds() throws IOException;
    }

    /**
     * @param check asked while nobody writes: entries may have been added for batches that were not
     *     there yet for who found none
     */
    void times(Segment segment, Check check) throws IOException {
        run(
                segment,
                PartitionFiles.TIME_INDEX,
                check,
                () -> segment.rebuildTimes(state.config.indexIntervalBytes()));
    }

    private void run(Segment segment, String kind, Check check, Work work) throws IOException {
        state.lock.lock();
        try {
            if (!state.isWritable() || !state.view.segments().contains(segment) || check.holds()) {
                return;
            }
            log.error(
                    "partition {}: {} of segment {} is damaged and is made anew",
                    state.partition,
                    kind,
                    segment.baseOffset());
            work.run();
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e)) {
                throw e;
            }
            // It is whole in memory, and the next start finds the damage again.
            state.host.shortage(e);
        } finally {
            state.lock.unlock();
        }
    }
}
