package io.takhin.log;

/**
 * What becomes of a log's old records. Built from a topic's settings; times are milliseconds.
 *
 * @param deletes whether {@code cleanup.policy} contains delete
 * @param compacts whether {@code cleanup.policy} contains compact: records must then have keys
 * @param retentionMillis older records go ({@code retention.ms}); -1: none
 * @param retentionBytes a larger log loses its oldest records ({@code retention.bytes}); -1: never
 * @param dirtyRatioMin share of bytes not compacted yet that starts a run ({@code
 *     min.cleanable.dirty.ratio})
 * @param lagMinMillis a record stays at least so long ({@code min.compaction.lag.ms})
 * @param lagMaxMillis a record waits at most so long ({@code max.compaction.lag.ms})
 * @param tombstoneMillis how long the mark of a deleted key can be read ({@code
 *     delete.retention.ms})
 */
public record Cleanup(
        boolean deletes,
        boolean compacts,
        long retentionMillis,
        long retentionBytes,
        double dirtyRatioMin,
        long lagMinMillis,
        long lagMaxMillis,
        long tombstoneMillis) {

    /** Every record stays. */
    public static final Cleanup NONE =
            new Cleanup(false, false, -1, -1, 0.5, 0, Long.MAX_VALUE, 86_400_000);

    /** Deletes by age and size; either may be -1 for no limit. */
    public static Cleanup delete(long retentionMillis, long retentionBytes) {
        return new Cleanup(
                true,
                false,
                retentionMillis,
                retentionBytes,
                NONE.dirtyRatioMin,
                NONE.lagMinMillis,
                NONE.lagMaxMillis,
                NONE.tombstoneMillis);
    }

    /** Keeps the last record of each key. */
    public static Cleanup compact(double dirtyRatioMin, long tombstoneMillis) {
        return new Cleanup(
                false,
                true,
                -1,
                -1,
                dirtyRatioMin,
                NONE.lagMinMillis,
                NONE.lagMaxMillis,
                tombstoneMillis);
    }

    /** The same with other bounds on how long a record waits to be compacted. */
    public Cleanup withLag(long minMillis, long maxMillis) {
        return new Cleanup(
                deletes,
                compacts,
                retentionMillis,
                retentionBytes,
                dirtyRatioMin,
                minMillis,
                maxMillis,
                tombstoneMillis);
    }
}
