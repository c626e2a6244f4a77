package io.takhin.log;

import io.takhin.log.index.OffsetPosition;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one segment's file and its indexes agree, after a crash or when an index is missing: every
 * batch that is not known to be good is checked, and the file is cut at the first bad byte.
 *
 * <p>Threads: one.
 */
final class SegmentRecovery {
    private static final Logger log = LoggerFactory.getLogger(SegmentRecovery.class);

    private final Segment segment;
    private final LeaderEpochs epochs;
    private final EpochWitness witness;
    private final int indexIntervalBytes;

    /** Of the segment behind this one; larger than any offset where there is none. */
    private final long nextBase;

    private long nextOffset;
    private int validBytes;

    /** Of the last batch that counts; -1 before the first one. */
    private int lastPosition = -1;

    private boolean sparse;

    /** Asked when a file is not whole to its end, before it is cut. */
    @FunctionalInterface
    interface CutPermit {
        /** False where the file has to stay as it is, and readers tell of what is bad in it. */
        boolean mayCut() throws IOException;
    }

    /**
     * @param nextBase where the segment behind this one begins; larger than any offset where there
     *     is none
     */
    SegmentRecovery(
            Segment segment,
            long nextBase,
            LeaderEpochs epochs,
            EpochWitness witness,
            int indexIntervalBytes) {
        this.segment = segment;
        this.nextBase = nextBase;
        this.epochs = epochs;
        this.witness = witness;
        this.indexIntervalBytes = indexIntervalBytes;
        this.nextOffset = segment.baseOffset();
    }

    /** First offset after what is there now. */
    long nextOffset() {
        return nextOffset;
    }

    /** Whether offsets are missing between the batches that were looked at. */
    boolean isSparse() {
        return sparse;
    }

    /**
     * Scans the file.
     *
     * @param trustedBelow batches that end below this offset were on disk before the crash; they
     *     are only counted
     * @return whether the file was whole to its end
     */
    boolean recover(long trustedBelow, CutPermit permit) throws IOException {
        int fileSize = segment.size();
        FileChannel channel = segment.file().acquire();
        try {
            OffsetPosition start = start(channel, trustedBelow);
            segment.rewindIndexes(start);
            if (!TimeCheck.lastHolds(segment)) {
                start = new OffsetPosition(segment.baseOffset(), 0);
                segment.rewindIndexes(start);
            }
            // A power cut may leave entries of the one index for which the other one has none.
            segment.findNewest(endOfBatchAt(channel, start.position()));
            // Those of trusted batches stay: segments behind this one may not be scanned.
            epochs.truncateFromEnd(
                    Math.max(trustedBelow, Math.max(start.offset(), segment.baseOffset())));
            scan(channel, start.position(), trustedBelow);
        } finally {
            segment.file().release();
        }
        if (validBytes == fileSize) {
            return true;
        }
        if (!permit.mayCut()) {
            tellOfDamageAt(validBytes);
            return false;
        }
        log.warn(
                "cutting {} from {} to {} bytes: what follows offset {} is no valid batch",
                segment.file().path(),
                fileSize,
                validBytes,
                nextOffset - 1);
        segment.keep(validBytes);
        segment.file().sync();
        return false;
    }

    private void tellOfDamageAt(int position) {
        log.error(
                "{} is damaged at {}, and was on the disk before: kept as it is, and readers get an"
                        + " error there",
                segment.file().path(),
                position);
    }

    /**
     * Adds the leader epochs of batches below the offset, which were on the disk before the crash.
     * The file and its indexes are not touched.
     */
    void readEpochs(long trustedBelow) throws IOException {
        FileChannel channel = segment.file().acquire();
        try {
            BatchScanner scanner =
                    new BatchScanner(channel, 0, segment.size(), BatchScanner.LOOKUP_BYTES);
            long next = segment.baseOffset();
            boolean more = scanner.next();
            while (more && scanner.baseOffset() >= next && scanner.lastOffset() < trustedBelow) {
                witness.known(epochOf(scanner), scanner.baseOffset());
                next = scanner.lastOffset() + 1;
                more = scanner.next();
            }
            boolean stopped = more ? scanner.baseOffset() < next : !scanner.atEnd();
            if (stopped && next < trustedBelow) {
                tellOfDamageAt(scanner.position());
            }
        } finally {
            segment.file().release();
        }
    }

    /** With the batch of the last index entries, whose timestamp they name. */
    private int endOfBatchAt(FileChannel channel, int position) throws IOException {
        if (position == 0) {
            // There are no entries.
            return 0;
        }
        BatchScanner scanner =
                new BatchScanner(channel, position, segment.size(), BatchScanner.LOOKUP_BYTES);
        return scanner.next() ? scanner.position() + scanner.sizeInBytes() : position;
    }

    /** The offset from which {@link #recover} looks at batches. */
    long scansFrom(long trustedBelow) throws IOException {
        FileChannel channel = segment.file().acquire();
        try {
            return start(channel, trustedBelow).offset();
        } finally {
            segment.file().release();
        }
    }

    /** The last index entry that can be believed; the segment's begin where there is none. */
    private OffsetPosition start(FileChannel channel, long trustedBelow) throws IOException {
        OffsetPosition begin = new OffsetPosition(segment.baseOffset(), 0);
        if (trustedBelow <= segment.baseOffset() || !areIndexesSound()) {
            return begin;
        }
        int position = segment.startFor(channel, trustedBelow - 1, segment.size());
        return position == 0 ? begin : segment.offsets().floor(trustedBelow - 1);
    }

    private boolean areIndexesSound() throws IOException {
        return segment.offsets().isSound() && segment.times().isSound();
    }

    private void scan(FileChannel channel, int from, long trustedBelow) throws IOException {
        validBytes = from;
        walk(channel, trustedBelow);
        for (int on = wayOn(channel, trustedBelow); on >= 0; on = wayOn(channel, trustedBelow)) {
            tellOfDamageAt(validBytes);
            validBytes = on;
            lastPosition = -1;
            walk(channel, trustedBelow);
        }
    }

    /** Where batches go on behind damage, in what was on the disk before the crash. */
    private int wayOn(FileChannel channel, long trustedBelow) throws IOException {
        OldRecordFormat.refuseAt(channel, validBytes, segment.size(), segment.file().path());
        return validBytes == segment.size() || nextOffset > trustedBelow
                ? -1
                : WayOn.behind(
                        channel,
                        lastPosition,
                        validBytes,
                        segment.size(),
                        nextOffset,
                        trustedBelow);
    }

    private void walk(FileChannel channel, long trustedBelow) throws IOException {
        int from = validBytes;
        BatchScanner scanner =
                new BatchScanner(channel, from, segment.size(), BatchScanner.SEQUENTIAL_BYTES);
        int checkedFrom = -1;
        while (scanner.next()) {
            int end = scanner.position() + scanner.sizeInBytes();
            if (isAheadOfNext(channel, scanner)) {
                tellOfDamageAt(scanner.position());
                nextOffset += BatchHeader.lastOffsetDelta(scanner.buffer(), scanner.at()) + 1L;
                validBytes = end;
                checkedFrom = -1;
                continue;
            }
            if (!isValid(scanner, trustedBelow)) {
                break;
            }
            sparse |= scanner.position() > from && scanner.baseOffset() > nextOffset;
            if (scanner.lastOffset() < trustedBelow) {
                witness.known(epochOf(scanner), scanner.baseOffset());
            } else {
                witness.read(epochOf(scanner), scanner.baseOffset());
            }
            segment.index(scanner.buffer(), scanner.at(), scanner.position(), indexIntervalBytes);
            if (checkedFrom < 0 && scanner.lastOffset() >= trustedBelow) {
                checkedFrom = scanner.position();
            }
            nextOffset = scanner.lastOffset() + 1;
            lastPosition = scanner.position();
            validBytes = end;
        }
        if (checkedFrom >= 0) {
            segment.checked().addTail(checkedFrom);
        }
    }

    /**
     * Whether the batch's first offset went bad, which no checksum covers: offsets are missing
     * before it, and come behind it.
     */
    private boolean isAheadOfNext(FileChannel channel, BatchScanner scanner) throws IOException {
        if (scanner.baseOffset() <= nextOffset) {
            return false;
        }
        int behind = scanner.position() + scanner.sizeInBytes();
        BatchScanner next = new BatchScanner(channel, behind, segment.size(), BatchHeader.BYTES);
        long following = next.next() ? next.baseOffset() : next.atEnd() ? nextBase : -1;
        return following > nextOffset && following <= scanner.lastOffset() && scanner.isCrcValid();
    }

    private static int epochOf(BatchScanner scanner) {
        return BatchHeader.leaderEpoch(scanner.buffer(), scanner.at());
    }

    private boolean isValid(BatchScanner scanner, long trustedBelow) throws IOException {
        if (scanner.baseOffset() < nextOffset
                || scanner.lastOffset() - segment.baseOffset() > Integer.MAX_VALUE) {
            return false;
        }
        return scanner.lastOffset() < trustedBelow
                || (scanner.isCrcValid() && witness.admits(epochOf(scanner)));
    }

    /**
     * Of the batch that holds the offset, or the next one; -1 where there is none.
     *
     * @param trustedBelow batches that do not end below this offset count when they are whole
     */
    static int epochAt(Segment segment, long offset, long trustedBelow) throws IOException {
        FileChannel channel = segment.file().acquire();
        try {
            int from = segment.startFor(channel, offset, segment.size());
            BatchScanner scanner =
                    new BatchScanner(channel, from, segment.size(), BatchScanner.LOOKUP_BYTES);
            while (scanner.next()) {
                if (scanner.lastOffset() >= offset
                        && (scanner.lastOffset() < trustedBelow || scanner.isCrcValid())) {
                    return BatchHeader.leaderEpoch(scanner.buffer(), scanner.at());
                }
            }
            return -1;
        } finally {
            segment.file().release();
        }
    }

    /** After a clean stop: the end, found by the headers behind the last index entry. */
    static long endOf(Segment segment) throws IOException {
        FileChannel channel = segment.file().acquire();
        try {
            int from = segment.startFor(channel, Long.MAX_VALUE, segment.size());
            BatchScanner scanner =
                    new BatchScanner(channel, from, segment.size(), BatchScanner.SEQUENTIAL_BYTES);
            long end = segment.baseOffset();
            long most = end + Integer.MAX_VALUE;
            while (true) {
                while (scanner.next()) {
                    end = scanner.lastOffset() + 1;
                }
                if (scanner.atEnd()) {
                    return end;
                }
                int stopped = scanner.position();
                OldRecordFormat.refuseAt(channel, stopped, segment.size(), segment.file().path());
                if (!scanner.nextBehindDamage(end, most)) {
                    throw new CorruptRecordException("no record batch at " + stopped);
                }
                end = scanner.lastOffset() + 1;
            }
        } finally {
            segment.file().release();
        }
    }
}
