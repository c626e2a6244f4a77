package io.takhin.log;

/**
 * When a group commit uses the journal, and when it syncs files where they lie. Why so, and which
 * of it was measured: ADR 14.
 *
 * @param journalHalfBytes size of each half of the journal; 0 for none
 * @param rangeBytesMax a log with more new bytes than this is synced where it lies
 * @param roundBytesMax a round with more new bytes than this is synced where it lies
 * @param syncfsFrom from so many files on one syncfs is cheaper than a sync of each, when little
 *     else on the file system is dirty
 * @param settleBytes segments that lag behind the journal by so many bytes catch up at once, and
 *     not only when the half is full: many small syncs delay nobody, a large one delays everybody
 */
record FlushRule(
        int journalHalfBytes,
        int rangeBytesMax,
        int roundBytesMax,
        int syncfsFrom,
        int settleBytes) {
    static final FlushRule MEASURED = new FlushRule(64 << 20, 128 << 10, 4 << 20, 4, 256 << 10);

    /**
     * For a log alone, which has a handful of files: linking the system's syncfs takes as long as a
     * hundred of their syncs, in the middle of a start.
     */
    static final FlushRule FILE_BY_FILE = new FlushRule(0, 0, 0, 1 << 20);

    /** Segments catch up when a half is full. */
    FlushRule(int journalHalfBytes, int rangeBytesMax, int roundBytesMax, int syncfsFrom) {
        this(journalHalfBytes, rangeBytesMax, roundBytesMax, syncfsFrom, Integer.MAX_VALUE);
    }

    /**
     * One syncfs also writes what only the journal has, at some 300 MB/s: as long as this many
     * single syncs take for each MiB.
     */
    private static final int FILES_PER_DIRTY_MIB = 6;

    boolean prefersSyncfs(int files, long dirtyBytes) {
        return files >= syncfsFrom + (dirtyBytes >> 20) * FILES_PER_DIRTY_MIB;
    }

    boolean usesJournal() {
        return journalHalfBytes > 0;
    }
}
