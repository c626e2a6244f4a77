package io.takhin.log;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    private volatile long firstOpen = -1;
    private volatile List<Ended> ended = List.of();
    private volatile long replicatedBelow;

    /** A transaction with its marker's offset. */
    private record Ended(long firstOffset, long lastOffset) {}

    void begin(long firstOffset, long producerId) {
        if (open == null) {
            open = new TreeMap<>();
        }
        open.put(firstOffset, producerId);
        publishOpen();
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
        publishOpen();
        List<Ended> kept = new ArrayList<>(ended);
        kept.removeIf(txn -> txn.lastOffset() < replicatedBelow);
        kept.add(new Ended(firstOffset, lastOffset));
        ended = List.copyOf(kept);
        return firstOpen >= 0 ? firstOpen : lastOffset + 1;
    }

    void clear() {
        open = null;
        ended = List.of();
        replicatedBelow = 0;
        publishOpen();
    }

    private void publishOpen() {
        Map.Entry<Long, Long> first = open == null ? null : open.firstEntry();
        firstOpen = first == null ? -1 : first.getKey();
    }

    /** -1 where no transaction is open. */
    long firstOpen() {
        return firstOpen;
    }

    /** The first offset whose fate is open, or decided but perhaps not everywhere. */
    long lastStable(long highWatermark) {
        long stable = highWatermark;
        long undecided = firstOpen;
        if (undecided >= 0) {
            stable = Math.min(stable, undecided);
        }
        for (Ended txn : ended) {
            if (txn.lastOffset() >= highWatermark) {
                stable = Math.min(stable, txn.firstOffset());
            }
        }
        replicatedBelow = Math.max(replicatedBelow, highWatermark);
        return stable;
    }
}
