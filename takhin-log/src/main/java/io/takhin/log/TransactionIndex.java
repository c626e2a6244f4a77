package io.takhin.log;

import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.SharedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The transactions whose abort markers lie in one segment. Most segments have none, and then no
 * file.
 *
 * <p>File: Kafka's {@code .txnindex}: version (2 bytes), producer id, first offset, last offset,
 * last stable offset (8 each), big endian.
 *
 * <p>Threads: the owner of the log's lock appends and cuts; anybody may read.
 */
final class TransactionIndex {
    static final int ENTRY_BYTES = 34;

    private static final short VERSION = 0;

    /** No producer has this id: of an entry that is none. */
    private static final long NOBODY = -1;

    private static final long UNCHECKED = Long.MIN_VALUE;

    private final SharedFile file;
    private final ReentrantLock checking = new ReentrantLock();

    /** Negative until somebody asks. */
    private final AtomicInteger count = new AtomicInteger(-1);

    private volatile boolean unsynced;

    /** As {@link #stableEnd}, or that nobody has checked the entries. */
    private volatile long stableEnd = UNCHECKED;

    TransactionIndex(SharedFile file) {
        this.file = file;
    }

    private int count() throws IOException {
        if (count.get() < 0) {
            int stored = 0;
            try {
                stored = (int) (Files.size(file.path()) / ENTRY_BYTES);
            } catch (NoSuchFileException _) {
                // Made with the first entry.
            }
            count.compareAndSet(-1, stored);
        }
        return count.get();
    }

    SharedFile file() {
        return file;
    }

    /** Held by who checks the entries: one at a time. */
    ReentrantLock checking() {
        return checking;
    }

    boolean isEmpty() throws IOException {
        return count() == 0;
    }

    /** Whether {@link TransactionCheck} has held the entries against the batches. */
    boolean isChecked() {
        return stableEnd != UNCHECKED;
    }

    /**
     * The segment and those before it have the markers of all transactions that have records below
     * this offset. Smaller than any offset where that is not known.
     */
    long stableEnd() {
        return stableEnd;
    }

    void setChecked(long newStableEnd) {
        stableEnd = newStableEnd;
    }

    boolean isUnsynced() {
        return unsynced;
    }

    /** Whether the disk has all of it. */
    boolean isSettled() {
        return !unsynced && !file.isUnsynced();
    }

    /** Whether something was added since the last call. */
    boolean takeUnsynced() {
        boolean was = unsynced;
        unsynced = false;
        return was;
    }

    private static void put(ByteBuffer target, AbortedTransaction aborted) {
        target.putShort(VERSION)
                .putLong(aborted.producerId())
                .putLong(aborted.firstOffset())
                .putLong(aborted.lastOffset())
                .putLong(aborted.lastStableOffset());
    }

    void append(AbortedTransaction aborted) throws IOException {
        ByteBuffer entry = ByteBuffer.allocate(ENTRY_BYTES);
        put(entry, aborted);
        entry.flip();
        int size = count();
        FileChannel channel = file.acquireOrCreate();
        try {
            // Near the end of the disk a write may take a part.
            for (long at = (long) size * ENTRY_BYTES; entry.hasRemaining(); ) {
                at += channel.write(entry, at);
            }
        } finally {
            file.written();
            file.release();
        }
        count.set(size + 1);
        unsynced = true;
    }

    List<AbortedTransaction> all() throws IOException {
        int size = count();
        if (size == 0) {
            return List.of();
        }
        ByteBuffer bytes = ByteBuffer.allocate(size * ENTRY_BYTES);
        FileChannel channel = file.acquire();
        try {
            while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) > 0) {}
        } finally {
            file.release();
        }
        List<AbortedTransaction> found = new ArrayList<>(size);
        for (int at = 0; at + ENTRY_BYTES <= bytes.position(); at += ENTRY_BYTES) {
            boolean known = bytes.getShort(at) == VERSION;
            found.add(
                    new AbortedTransaction(
                            known ? bytes.getLong(at + 2) : NOBODY,
                            bytes.getLong(at + 10),
                            bytes.getLong(at + 18),
                            bytes.getLong(at + 26)));
        }
        return found;
    }

    /** Puts others in the place of all that are there. */
    void replace(List<AbortedTransaction> transactions) throws IOException {
        ByteBuffer entries = ByteBuffer.allocate(transactions.size() * ENTRY_BYTES);
        transactions.forEach(each -> put(entries, each));
        entries.flip();
        FileChannel channel = file.acquireOrCreate();
        try {
            while (entries.hasRemaining()) {
                channel.write(entries, entries.position());
            }
            channel.truncate(entries.limit());
        } finally {
            file.written();
            file.release();
        }
        count.set(transactions.size());
        unsynced = true;
    }

    /** Forgets transactions whose marker is at the offset or after it. */
    void truncateTo(long offset) throws IOException {
        if (isChecked()) {
            stableEnd = TransactionCheck.NOTHING_STABLE;
        }
        keep(countBelow(all(), offset));
    }

    /** Before the first that is none, as a crash may leave them, or has its marker behind. */
    private int countBelow(List<AbortedTransaction> transactions, long offset) {
        if (offset <= file.offset()) {
            return 0;
        }
        return (int)
                transactions.stream()
                        .takeWhile(txn ->
                                txn.firstOffset() < txn.lastOffset() && txn.lastOffset() < offset)
                        .count();
    }

    /** A part of an entry may be left at the end, and Kafka would write behind it. */
    private boolean isLonger(int entries) throws IOException {
        return DurablePaths.exists(file.path())
                && Files.size(file.path()) > (long) entries * ENTRY_BYTES;
    }

    private void keep(int kept) throws IOException {
        if (kept < count() || isLonger(kept)) {
            FileChannel channel = file.acquire();
            try {
                channel.truncate((long) kept * ENTRY_BYTES);
            } finally {
                file.written();
                file.release();
            }
            count.set(kept);
            // Or what was cut off could come back below a recovery point.
            unsynced = true;
        }
    }

    /**
     * Makes these all that there is of transactions whose marker is at the offset or after it. What
     * is right already is not written again: it may be durable, and the next start not look at it
     * any more. If it is not, the next flush makes it so, and what a crash left cut off, too.
     *
     * @return those that were missing
     */
    List<AbortedTransaction> recover(long offset, List<AbortedTransaction> behind)
            throws IOException {
        List<AbortedTransaction> there = all();
        int below = countBelow(there, offset);
        int same = 0;
        while (same < behind.size()
                && below + same < there.size()
                && there.get(below + same).equals(behind.get(same))) {
            same++;
        }
        keep(below + same);
        List<AbortedTransaction> missing = behind.subList(same, behind.size());
        for (AbortedTransaction transaction : missing) {
            append(transaction);
        }
        unsynced = unsynced || DurablePaths.exists(file.path());
        return missing;
    }
}
