package io.takhin.log;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The transactions of one log that keep its last stable offset back: those that are open, and those
 * whose marker may not be replicated yet (KIP-98).
 *
 * <p>Threads: the owner of the log's lock changes it; anybody may ask for offsets.
 */
final class Transactions {
    /** First offset to producer id; null while no transaction ever was. */
    private @Nullable TreeMap<Long, Long> open;

    private List<Ended> ended = List.of();

    private volatile Undecided undecided = Undecided.NONE;
    private volatile long replicatedBelow;

    /** Whether the log is read again to tell; what was known before holds until then. */
    private boolean rebuilding;

    /** A transaction with its marker's offset. */
    private record Ended(long firstOffset, long lastOffset) {}

    /**
     * Seen by readers as a whole, or a transaction that ends would be neither open nor ended.
     *
     * @param firstOpen -1 where no transaction is open
     */
    private record Undecided(long firstOpen, List<Ended> ended) {
        static final Undecided NONE = new Undecided(-1, List.of());
    }

    void begin(long firstOffset, long producerId) {
        if (open == null) {
            open = new TreeMap<>();
        }
        open.put(firstOffset, producerId);
        publish();
    }

    /**
     * Ends a transaction by the marker at {@code lastOffset}.
     *
     * @return the last stable offset there is then, as far as the log itself can tell
     */
    long end(long firstOffset, long lastOffset) {
        if (open != null) {
            open.remove(firstOffset);
        }
        List<Ended> kept = new ArrayList<>(ended);
        kept.removeIf(txn -> txn.lastOffset() < replicatedBelow);
        kept.add(new Ended(firstOffset, lastOffset));
        ended = List.copyOf(kept);
        publish();
        long firstOpen = firstOpenNow();
        return firstOpen >= 0 ? firstOpen : lastOffset + 1;
    }

    void clear() {
        open = null;
        ended = List.of();
        replicatedBelow = 0;
        publish();
    }

    /** The log's end changed, and its last part is read again: until {@link #rebuilt}. */
    void rebuild() {
        rebuilding = true;
    }

    void rebuilt() {
        rebuilding = false;
        publish();
    }

    private void publish() {
        if (!rebuilding) {
            long firstOpen = firstOpenNow();
            undecided =
                    firstOpen < 0 && ended.isEmpty()
                            ? Undecided.NONE
                            : new Undecided(firstOpen, ended);
        }
    }

    private long firstOpenNow() {
        return open == null || open.isEmpty() ? -1 : open.firstKey();
    }

    /** -1 where no transaction is open. */
    long firstOpen() {
        return undecided.firstOpen();
    }

    /** The first offset whose fate is open, or decided but perhaps not everywhere. */
    long lastStable(long highWatermark) {
        Undecided now = undecided;
        long stable = highWatermark;
        if (now.firstOpen() >= 0) {
            stable = Math.min(stable, now.firstOpen());
        }
        for (Ended txn : now.ended()) {
            if (txn.lastOffset() >= highWatermark) {
                stable = Math.min(stable, txn.firstOffset());
            }
        }
        replicatedBelow = Math.max(replicatedBelow, highWatermark);
        return stable;
    }
}
