package io.takhin.log;

import io.takhin.log.index.TimeIndex.TimestampOffset;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The time that a segment spans: from when its age counts, and the largest timestamp in it.
 *
 * <p>The age counts, as in Kafka's {@code LogSegment.timeWaitedForRoll}, from the time of the first
 * batch, and where there is none, from when the segment was made. So too where that time lies in
 * the future: the segment would else stay open for so long, and all its records with it (ADR 15).
 *
 * <p>The largest timestamp is what the time index says until it was held against the batches: the
 * index may be damaged, or a crash have cut it short.
 *
 * <p>Threads: the owner of the log's lock says what was written and what was cut off. Anybody may
 * ask.
 */
final class SegmentSpan {
    private static final long NOT_READ = Long.MIN_VALUE;
    private static final AtomicReferenceFieldUpdater<SegmentSpan, @Nullable TimestampOffset>
            NEWEST =
                    AtomicReferenceFieldUpdater.newUpdater(
                            SegmentSpan.class, TimestampOffset.class, "newest");

    private final Segment segment;

    /** Negative where the first batch has none. */
    private volatile long firstTimestamp = NOT_READ;

    /** The latest that it can be. */
    private volatile long createdMillis;

    private volatile boolean createdKnown;

    /** Null where the time index's last entry is it. */
    private volatile @Nullable TimestampOffset newest;

    /** Whether the batches were seen to say that this is the largest timestamp. */
    private volatile boolean newestConfirmed;

    /** Whether what comes next may be compared with it: always once a batch was noted. */
    private volatile boolean newestHolds;

    /**
     * Looks at nothing of the segment.
     *
     * @param openedMillis when it was made, or found by a start
     */
    SegmentSpan(Segment segment, long openedMillis, boolean isNew) {
        this.segment = segment;
        this.createdMillis = openedMillis;
        this.createdKnown = isNew;
        this.newestConfirmed = isNew;
        this.newestHolds = isNew;
    }

    /** From when the age counts, milliseconds. */
    long beganAt(long nowMillis) throws IOException {
        return isBelievable(nowMillis) ? firstTimestamp : createdAt();
    }

    /** How old the segment is for some batches that look for one, milliseconds. */
    long ageFor(long maxTimestamp, long nowMillis) throws IOException {
        return isBelievable(nowMillis)
                ? maxTimestamp - beganAt(nowMillis)
                : nowMillis - beganAt(nowMillis);
    }

    /** Whether the first batch has a time that can count. */
    private boolean isBelievable(long nowMillis) throws IOException {
        if (firstTimestamp == NOT_READ) {
            firstTimestamp = readFirstTimestamp();
        }
        return firstTimestamp >= 0 && firstTimestamp <= nowMillis;
    }

    private long readFirstTimestamp() throws IOException {
        int size = segment.size();
        FileChannel channel = segment.file().acquire();
        try {
            BatchScanner scanner = new BatchScanner(channel, 0, size, BatchHeader.BYTES);
            return scanner.next()
                    ? BatchHeader.maxTimestamp(scanner.buffer(), scanner.at())
                    : BatchHeader.NO_TIMESTAMP;
        } finally {
            segment.file().release();
        }
    }

    /** After a restart the file is asked, once: else each would make the segment younger. */
    private long createdAt() throws IOException {
        if (!createdKnown) {
            BasicFileAttributes found =
                    Files.readAttributes(segment.file().path(), BasicFileAttributes.class);
            createdMillis =
                    Math.min(
                            createdMillis,
                            Math.min(
                                    found.creationTime().toMillis(),
                                    found.lastModifiedTime().toMillis()));
            createdKnown = true;
        }
        return createdMillis;
    }

    /** The first batch was written. */
    void began(long timestamp) {
        firstTimestamp = timestamp;
    }

    /** Nothing is left in the segment. */
    void emptied() {
        firstTimestamp = NOT_READ;
    }

    /** Whether nobody asked for the largest timestamp, and nothing was written. */
    boolean isNewestUnknown() {
        return newest == null;
    }

    /**
     * The largest timestamp, and the last offset of the batch that has it; as the index says it
     * until {@link #confirmNewest}.
     */
    TimestampOffset newest() throws IOException {
        TimestampOffset known = newest;
        return known == null ? loadNewest() : known;
    }

    private TimestampOffset loadNewest() throws IOException {
        TimestampOffset last = segment.lastIndexedTime();
        // Never over what was written meanwhile.
        NEWEST.compareAndSet(this, null, last);
        return Objects.requireNonNullElse(newest, last);
    }

    /** A batch is about to be in the indexes. */
    void note(long timestamp, long lastOffset) throws IOException {
        if (!newestHolds && !TimeCheck.lastHolds(segment)) {
            findNewest(segment.size());
        }
        newestHolds = true;
        if (timestamp > newest().timestamp()) {
            newest = new TimestampOffset(timestamp, lastOffset);
        }
    }

    /**
     * The indexes were set back, and batches will be noted anew; whether the last time that is left
     * holds is for the caller to see.
     *
     * @param last of the times that are left
     */
    void rewound(TimestampOffset last, boolean nothingIsLeft) {
        newest = last;
        newestConfirmed = nothingIsLeft;
        newestHolds = true;
    }

    /**
     * Looks behind the last index entry for a larger timestamp than that entry knows.
     *
     * @param bytes of batches that have been noted
     */
    void findNewest(int bytes) throws IOException {
        newest = TimeCheck.newest(segment, bytes).found();
        newestConfirmed = true;
    }

    /**
     * Sees to it, once, that {@link #newest} is what the batches say.
     *
     * @param bytes of batches that are certainly there; anybody may ask
     * @return false where the index was wrong
     */
    boolean confirmNewest(int bytes) throws IOException {
        if (newestConfirmed) {
            return true;
        }
        TimeCheck.Answer answer = TimeCheck.newest(segment, bytes);
        TimestampOffset now = newest();
        // An entry of the index may claim too much, but not what was written meanwhile.
        boolean claimsTooMuch = !answer.sound() && !newestHolds;
        if (claimsTooMuch || now.timestamp() < answer.found().timestamp()) {
            NEWEST.compareAndSet(this, now, answer.found());
        }
        newestConfirmed = true;
        return answer.sound();
    }
}
