package io.takhin.log;

import io.takhin.log.index.TimeIndex.TimestampOffset;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds what a segment's time index says against the segment's batches, by their headers. Kafka's
 * format has no checksum: an entry that is wrong would leave records out of a search by time, or
 * let them age early. An entry holds where the batch with its offset has its timestamp.
 *
 * <p>Threads: one a call; the segment may grow meanwhile.
 */
final class TimeCheck {
    private TimeCheck() {}

    /**
     * What was found, and whether the entries that were used hold.
     *
     * @param found from the batches alone where they do not
     */
    record Answer(TimestampOffset found, boolean sound) {}

    /** The largest timestamp among the first bytes of a segment, and its batch's last offset. */
    static Answer newest(Segment segment, int bytes) throws IOException {
        FileChannel channel = segment.file().acquire();
        try {
            TimestampOffset last = segment.times().last();
            if (holds(segment, channel, last, bytes)) {
                return new Answer(newestFrom(segment, channel, last, bytes), true);
            }
            TimestampOffset none =
                    new TimestampOffset(BatchHeader.NO_TIMESTAMP, segment.baseOffset());
            return new Answer(newestFrom(segment, channel, none, bytes), false);
        } finally {
            segment.file().release();
        }
    }

    private static TimestampOffset newestFrom(
            Segment segment, FileChannel channel, TimestampOffset known, int bytes)
            throws IOException {
        TimestampOffset found = known;
        int from = segment.startFor(channel, known.offset(), bytes);
        BatchScanner scanner =
                new BatchScanner(channel, from, bytes, BatchScanner.SEQUENTIAL_BYTES);
        while (scanner.next()) {
            long timestamp = BatchHeader.maxTimestamp(scanner.buffer(), scanner.at());
            if (timestamp > found.timestamp()) {
                found = new TimestampOffset(timestamp, scanner.lastOffset());
            }
        }
        return found;
    }

    /** As {@link #holds(Segment, FileChannel, TimestampOffset, int)}, of the index's last entry. */
    static boolean lastHolds(Segment segment) throws IOException {
        FileChannel channel = segment.file().acquire();
        try {
            return holds(segment, channel, segment.times().last(), segment.size());
        } finally {
            segment.file().release();
        }
    }

    /** Whether the batch that holds the entry's offset has its timestamp. */
    private static boolean holds(
            Segment segment, FileChannel channel, TimestampOffset entry, int bytes)
            throws IOException {
        if (entry.timestamp() == BatchHeader.NO_TIMESTAMP) {
            // There is no entry.
            return true;
        }
        int from = segment.startFor(channel, entry.offset(), bytes);
        BatchScanner scanner = new BatchScanner(channel, from, bytes, BatchScanner.LOOKUP_BYTES);
        while (scanner.next()) {
            if (scanner.lastOffset() >= entry.offset()) {
                return scanner.baseOffset() <= entry.offset()
                        && BatchHeader.maxTimestamp(scanner.buffer(), scanner.at())
                                == entry.timestamp();
            }
        }
        return false;
    }

    /**
     * Where a search for a timestamp may begin: no record before it is as late. One entry earlier
     * than the index says, because another batch may have the timestamp of an entry whose offset is
     * wrong; with the entry before it wrong instead, nothing between the two is as late.
     */
    static Answer start(Segment segment, FileChannel channel, long timestamp, int bytes)
            throws IOException {
        List<TimestampOffset> entries = segment.times().floor(timestamp);
        boolean sound = true;
        long offset = segment.baseOffset();
        for (TimestampOffset entry : entries) {
            sound &= entry.offset() >= offset && holds(segment, channel, entry, bytes);
            offset = entry.offset();
        }
        return sound && entries.size() > 1
                ? new Answer(entries.getFirst(), true)
                : new Answer(new TimestampOffset(timestamp, segment.baseOffset()), sound);
    }

    /** The entries that the batches would have given. */
    static List<TimestampOffset> entriesOf(Segment segment, int intervalBytes) throws IOException {
        List<TimestampOffset> entries = new ArrayList<>();
        TimestampOffset newest =
                new TimestampOffset(BatchHeader.NO_TIMESTAMP, segment.baseOffset());
        FileChannel channel = segment.file().acquire();
        try {
            int since = 0;
            BatchScanner scanner =
                    new BatchScanner(channel, 0, segment.size(), BatchScanner.SEQUENTIAL_BYTES);
            while (scanner.next()) {
                long timestamp = BatchHeader.maxTimestamp(scanner.buffer(), scanner.at());
                if (timestamp > newest.timestamp()) {
                    newest = new TimestampOffset(timestamp, scanner.lastOffset());
                }
                if (since > intervalBytes) {
                    add(entries, newest);
                    since = 0;
                }
                since += scanner.sizeInBytes();
            }
        } finally {
            segment.file().release();
        }
        add(entries, newest);
        return entries;
    }

    private static void add(List<TimestampOffset> entries, TimestampOffset newest) {
        long last = entries.isEmpty() ? BatchHeader.NO_TIMESTAMP : entries.getLast().timestamp();
        if (newest.timestamp() > last) {
            entries.add(newest);
        }
    }
}
