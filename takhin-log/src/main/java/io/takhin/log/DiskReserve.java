package io.takhin.log;

/**
 * What of a disk records may not take, so that what frees space still finds some: metadata, group
 * offsets, checkpoints, and the compaction of logs.
 *
 * @param bytes that stay free
 * @param percentMax but no more than this share of the disk, so that one number suits all sizes
 */
public record DiskReserve(long bytes, int percentMax) {
    /** Records may fill the disk. */
    public static final DiskReserve NONE = new DiskReserve(0, 0);

    public DiskReserve {
        if (bytes < 0 || percentMax < 0 || percentMax > 100) {
            throw new IllegalArgumentException(bytes + " bytes, " + percentMax + " percent");
        }
    }

    long bytesOf(long diskBytes) {
        return Math.min(bytes, diskBytes / 100 * percentMax);
    }

    boolean isNone() {
        return bytes == 0 || percentMax == 0;
    }
}
