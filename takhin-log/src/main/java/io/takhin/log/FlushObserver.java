package io.takhin.log;

/**
 * Told how long it took to make records durable: what a histogram of flushes is fed with.
 *
 * <p>Threads: called on the flusher of a directory, so it must be quick.
 */
@FunctionalInterface
public interface FlushObserver {
    FlushObserver NONE = (target, logs, bytes, nanos) -> {};

    /** Where records were made durable. */
    enum Target {
        /** In the directory's journal; their segments follow in the background. */
        JOURNAL,
        /** Where they lie. */
        SEGMENTS
    }

    /**
     * Some logs are durable; a round of the group commit may end with one call for each target.
     *
     * @param logs how many
     * @param bytes of record batches that were not durable before
     * @param nanos from the begin of the round, so that it is what a producer waited for
     */
    void flushed(Target target, int logs, long bytes, long nanos);
}
