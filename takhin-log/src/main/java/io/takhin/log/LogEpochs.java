package io.takhin.log;

/**
 * The leader epochs of one log, as those see it who begin one, or ask where one ended. What a start
 * found of them is held against the batches before it is believed, which may wait for the disk.
 *
 * <p>Threads: any.
 */
public final class LogEpochs {
    private final LogState state;
    private final LogGuard guard;

    LogEpochs(LogState state, LogGuard guard) {
        this.state = state;
        this.guard = guard;
    }

    /** This replica leads from now on: its next record begins the epoch. */
    public void begin(int leaderEpoch) {
        guard.change(() -> state.epochs.assign(leaderEpoch, state.view.end()));
    }

    /** -1 when the log knows of no epoch. */
    public int latest() {
        return state.epochs.latest();
    }

    /** The leader epoch of the record at an offset; -1 where unknown. */
    public int at(long offset) {
        return state.epochs.epochOf(offset);
    }

    /**
     * Where an epoch ended (OffsetForLeaderEpoch, KIP-320). Waits for {@link #check}.
     *
     * @param logEnd what to answer for the latest epoch
     */
    public EpochEnd endOf(int epoch, long logEnd) {
        check();
        return state.epochs.endOf(epoch, logEnd);
    }

    /** Whether {@link #endOf} answers at once. */
    public boolean areChecked() {
        return state.epochsChecked || !state.isWritable();
    }

    /** Holds the epochs against some batches, the first time; that may wait for the disk. */
    public void check() {
        boolean _ = guard.find(() -> new EpochCheck(state).run());
    }
}
