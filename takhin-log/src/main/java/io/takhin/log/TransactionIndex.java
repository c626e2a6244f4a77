package io.takhin.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

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

    private final SharedFile file;

    /** Negative until somebody asks. */
    private final AtomicInteger count = new AtomicInteger(-1);

    private volatile boolean unsynced;

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

    boolean isUnsynced() {
        return unsynced;
    }

    /** Whether something was added since the last call. */
    boolean takeUnsynced() {
        boolean was = unsynced;
        unsynced = false;
        return was;
    }

    void append(AbortedTransaction aborted) throws IOException {
        ByteBuffer entry = ByteBuffer.allocate(ENTRY_BYTES);
        entry.putShort((short) 0)
                .putLong(aborted.producerId())
                .putLong(aborted.firstOffset())
                .putLong(aborted.lastOffset())
                .putLong(aborted.lastStableOffset())
                .flip();
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
            found.add(
                    new AbortedTransaction(
                            bytes.getLong(at + 2),
                            bytes.getLong(at + 10),
                            bytes.getLong(at + 18),
                            bytes.getLong(at + 26)));
        }
        return found;
    }

    /** Forgets transactions whose marker is at the offset or after it. */
    void truncateTo(long offset) throws IOException {
        int kept = (int) all().stream().takeWhile(txn -> txn.lastOffset() < offset).count();
        if (kept < count()) {
            FileChannel channel = file.acquire();
            try {
                channel.truncate((long) kept * ENTRY_BYTES);
            } finally {
                file.written();
                file.release();
            }
            count.set(kept);
        }
    }
}
