package io.takhin.log;

import io.takhin.log.checkpoint.CheckpointFile;
import io.takhin.log.file.DurablePaths;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which leader epoch began at which offset: what lets a replica find where its log parted from the
 * leader's (KIP-101, KIP-279). Epochs and offsets rise together.
 *
 * <p>File: Kafka's {@code leader-epoch-checkpoint}, "epoch offset" a line. An epoch without records
 * may be missing in it: nobody can have anything of it.
 *
 * <p>Threads: the owner of the log's lock changes it; anybody may ask.
 */
final class LeaderEpochs {
    static final String NAME = "leader-epoch-checkpoint";

    private volatile List<Entry> entries;

    /** As the file has them; null where it is damaged. */
    private @Nullable List<Entry> written;

    private boolean unsynced;

    /** Whether the disk had no room for what recovery found. */
    private volatile boolean incomplete;

    record Entry(int epoch, long startOffset) {}

    private LeaderEpochs(List<Entry> entries) {
        this.entries = entries;
        this.written = entries;
    }

    static LeaderEpochs empty() {
        return new LeaderEpochs(List.of());
    }

    /** None either, and that they are written anew: Kafka would not open what is there. */
    static LeaderEpochs ofDamagedFile() {
        LeaderEpochs epochs = empty();
        epochs.written = null;
        return epochs;
    }

    /**
     * @throws CheckpointFile.DamagedFileException when the file is not what was written
     */
    static LeaderEpochs read(Path directory) throws IOException {
        LeaderEpochs epochs = empty();
        try {
            Entry last = new Entry(-1, -1);
            for (String[] words : CheckpointFile.read(directory.resolve(NAME), 2)) {
                Entry next = new Entry(Integer.parseInt(words[0]), Long.parseLong(words[1]));
                if (next.epoch <= last.epoch || next.startOffset < last.startOffset) {
                    throw new CheckpointFile.DamagedFileException(
                            directory.resolve(NAME) + " has " + next + " behind " + last);
                }
                epochs.assign(next.epoch, next.startOffset);
                last = next;
            }
        } catch (NumberFormatException e) {
            throw new CheckpointFile.DamagedFileException(
                    directory.resolve(NAME) + " has a malformed number", e);
        }
        epochs.written = epochs.entries;
        return epochs;
    }

    List<Entry> entries() {
        return entries;
    }

    /** -1 where there is none. */
    int latest() {
        List<Entry> now = entries;
        return now.isEmpty() ? -1 : now.getLast().epoch();
    }

    /** Notes that an epoch begins, unless it is known; entries that contradict give way. */
    void assign(int epoch, long startOffset) {
        List<Entry> now = entries;
        if (!now.isEmpty()) {
            Entry last = now.getLast();
            if (last.epoch() == epoch && startOffset >= last.startOffset()) {
                return;
            }
        }
        List<Entry> changed = new ArrayList<>(now);
        while (!changed.isEmpty()
                && (changed.getLast().epoch() >= epoch
                        || changed.getLast().startOffset() >= startOffset)) {
            changed.removeLast();
        }
        changed.add(new Entry(epoch, startOffset));
        publish(changed);
    }

    /** Forgets epochs that begin at the offset or after it. */
    void truncateFromEnd(long endOffset) {
        List<Entry> now = entries;
        if (!now.isEmpty() && now.getLast().startOffset() >= endOffset) {
            publish(now.stream().filter(entry -> entry.startOffset() < endOffset).toList());
        }
    }

    /** Forgets what lies wholly below the offset; the epoch that holds it begins there. */
    void truncateFromStart(long startOffset) {
        List<Entry> now = entries;
        int holding =
                IntStream.range(0, now.size())
                        .filter(i -> now.get(i).startOffset() <= startOffset)
                        .max()
                        .orElse(-1);
        if (holding < 0 || (holding == 0 && now.getFirst().startOffset() == startOffset)) {
            return;
        }
        List<Entry> changed = new ArrayList<>(now.subList(holding, now.size()));
        changed.set(0, new Entry(changed.getFirst().epoch(), startOffset));
        publish(changed);
    }

    void clear() {
        if (!entries.isEmpty()) {
            publish(List.of());
        }
    }

    /** Forgets what was noted since. */
    void restore(List<Entry> before) {
        if (!entries.equals(before)) {
            publish(before);
        }
    }

    private void publish(List<Entry> changed) {
        entries = List.copyOf(changed);
    }

    /** Brings the file up to date, not to the disk. */
    void write(Path directory) throws IOException {
        write(directory, entries);
    }

    /**
     * As {@link #write(Path)}, for a log that ends at the offset: an epoch without records is left
     * out. Each start begins one in every log, and the next one forgets it again.
     */
    void writeUpTo(long end, Path directory) throws IOException {
        List<Entry> now = entries;
        boolean isLastEmpty = !now.isEmpty() && now.getLast().startOffset() >= end;
        write(directory, isLastEmpty ? now.subList(0, now.size() - 1) : now);
    }

    /**
     * Brings the file up to date after a crash, which may have kept batches of epochs that it does
     * not name. What it says was in memory only, for all one knows: the next flush syncs it, before
     * anything counts as durable that the next recovery would not read again.
     */
    void writeAfterCrash(Path directory) throws IOException {
        try {
            write(directory);
        } catch (IOException e) {
            incomplete = true;
            throw e;
        }
        unsynced = !entries.isEmpty();
    }

    /** The file lacks epochs of batches that are there: no recovery point may pass these. */
    boolean isIncomplete() {
        return incomplete;
    }

    /** Whether the file has the first one as it is: a log cannot start behind what that says. */
    boolean isStartWritten() {
        List<Entry> now = entries;
        List<Entry> there = written;
        return there != null
                && (there.isEmpty() || now.isEmpty() || there.getFirst().equals(now.getFirst()));
    }

    private void write(Path directory, List<Entry> wanted) throws IOException {
        if (!wanted.equals(written)) {
            List<String> lines =
                    wanted.stream().map(e -> e.epoch() + " " + e.startOffset()).toList();
            CheckpointFile.write(directory.resolve(NAME), lines, incomplete);
            if (incomplete) {
                DurablePaths.sync(directory);
            }
            written = List.copyOf(wanted);
            unsynced = true;
        }
        incomplete = false;
    }

    /** Whether the file changed since the last call. */
    boolean takeUnsynced() {
        boolean was = unsynced;
        unsynced = false;
        return was;
    }

    /**
     * Where an epoch ended, for a replica or a consumer that has records of it.
     *
     * @param logEnd what the caller counts as the log's end
     */
    EpochEnd endOf(int epoch, long logEnd) {
        List<Entry> now = entries;
        if (epoch < 0 || now.isEmpty() || epoch > now.getLast().epoch()) {
            return EpochEnd.UNKNOWN;
        }
        if (epoch == now.getLast().epoch()) {
            return new EpochEnd(epoch, logEnd);
        }
        int above = 0;
        while (now.get(above).epoch() <= epoch) {
            above++;
        }
        // Below the first known epoch: its records are gone, so it ended where the first begins.
        int found = above == 0 ? epoch : now.get(above - 1).epoch();
        return new EpochEnd(found, now.get(above).startOffset());
    }

    /** The epoch under which a record was written; -1 where unknown. */
    int epochOf(long offset) {
        int found = -1;
        for (Entry entry : entries) {
            if (entry.startOffset() <= offset) {
                found = entry.epoch();
            }
        }
        return found;
    }
}
