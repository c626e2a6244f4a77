package io.takhin.log.index;

import io.takhin.log.file.SharedFile;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A file of entries of one size, sorted, that grows at its end. The newest entries are kept in
 * memory and written a chunk at a time; older ones are read from the file when somebody looks for
 * them. Nothing is mapped or preallocated, so an index costs no descriptor and no address space.
 *
 * <p>Threads: the owner of the log's lock appends and cuts; anybody may look up at any time.
 */
public final class IndexFile {
    private static final int TAIL_ENTRIES_MIN = 8;
    private static final int TAIL_ENTRIES_MAX = 512;

    /** Below so many entries, two pages, one read is cheaper than halving further. */
    private static final int BLOCK_ENTRIES = 1024;

    private static final AtomicReferenceFieldUpdater<IndexFile, @Nullable Entries> ENTRIES =
            AtomicReferenceFieldUpdater.newUpdater(IndexFile.class, Entries.class, "entries");
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    private final SharedFile file;
    private final int entryBytes;

    /** Null until somebody asks. */
    private volatile @Nullable Entries entries;

    /**
     * Immutable, but for tail bytes past the last entry.
     *
     * @param stored how many entries lie in the file
     * @param cut whether there is more in the file, which the next write takes away
     * @param tail the entries after them
     * @param inTail how many of those there are
     */
    private record Entries(int stored, boolean cut, ByteBuffer tail, int inTail) {
        int count() {
            return stored + inTail;
        }
    }

    /** Reads the value that a search compares from an entry. */
    @FunctionalInterface
    interface Key {
        long of(ByteBuffer entries, int at);
    }

    /** Looks at no file before it has to. */
    IndexFile(SharedFile file, int entryBytes) {
        this.file = file;
        this.entryBytes = entryBytes;
    }

    private Entries entries() throws IOException {
        Entries known = entries;
        return known == null ? load() : known;
    }

    private Entries load() throws IOException {
        long bytes = 0;
        try {
            bytes = Files.size(file.path());
        } catch (NoSuchFileException _) {
            // Made with the first entries.
        }
        int stored = (int) (bytes / entryBytes);
        Entries loaded = new Entries(stored, (long) stored * entryBytes < bytes, EMPTY, 0);
        // Never over what the owner has made of it meanwhile.
        ENTRIES.compareAndSet(this, null, loaded);
        Entries now = entries;
        return now == null ? loaded : now;
    }

    public SharedFile file() {
        return file;
    }

    public int count() throws IOException {
        return entries().count();
    }

    /** Puts one entry behind the others; {@code entry} holds exactly its bytes. */
    void append(ByteBuffer entry) throws IOException {
        Entries now = withRoom();
        now.tail.put(now.inTail * entryBytes, entry, entry.position(), entryBytes);
        entries = new Entries(now.stored, now.cut, now.tail, now.inTail + 1);
    }

    private Entries withRoom() throws IOException {
        if (entries().inTail >= TAIL_ENTRIES_MAX) {
            writeTailIfPossible();
        }
        Entries now = entries();
        int capacity = now.tail.capacity() / entryBytes;
        if (now.inTail < capacity) {
            return now;
        }
        int larger = Math.max(capacity * 2, TAIL_ENTRIES_MIN);
        return new Entries(now.stored, now.cut, copy(now.tail, now.inTail, larger), now.inTail);
    }

    /** An index that cannot be written now costs memory; the records it points to are there. */
    private void writeTailIfPossible() throws IOException {
        try {
            writeTail();
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e)) {
                throw e;
            }
        }
    }

    private ByteBuffer copy(ByteBuffer from, int count, int capacity) {
        ByteBuffer to = ByteBuffer.allocate(capacity * entryBytes);
        return to.put(0, from, 0, count * entryBytes);
    }

    /** Brings what is in memory to the file, which it creates; not to the disk. */
    public void writeTail() throws IOException {
        Entries now = entries();
        FileChannel channel = file.acquireOrCreate();
        try {
            ByteBuffer bytes = now.tail.duplicate().limit(now.inTail * entryBytes).position(0);
            long position = (long) now.stored * entryBytes;
            if (now.cut) {
                channel.truncate(position);
            }
            while (bytes.hasRemaining()) {
                position += channel.write(bytes, position);
            }
        } finally {
            file.written();
            file.release();
        }
        entries = new Entries(now.count(), false, EMPTY, 0);
    }

    /** Whether the file is not what this is. */
    boolean hasTail() {
        Entries known = entries;
        return known != null && (known.inTail > 0 || known.cut);
    }

    /** Brings the file down to what this is, where it is longer. */
    void cutFile() throws IOException {
        Entries known = entries;
        if (known != null && known.cut) {
            writeTail();
        }
    }

    /** Forgets all entries from the given one on; the file does with the next write. */
    void truncateTo(int count) throws IOException {
        Entries now = entries();
        if (count >= now.count()) {
            return;
        }
        if (count >= now.stored) {
            int kept = count - now.stored;
            entries =
                    new Entries(
                            now.stored,
                            now.cut,
                            copy(now.tail, kept, Math.max(kept, TAIL_ENTRIES_MIN)),
                            kept);
            return;
        }
        entries = new Entries(count, true, EMPTY, 0);
    }

    /**
     * Forgets the zeros at the end of a file that was made larger than what it holds: Kafka
     * preallocates its indexes, 10 MiB each.
     */
    void dropUnset() throws IOException {
        int low = 0;
        int high = count();
        if (high == 0 || isSet(high - 1)) {
            return;
        }
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (isSet(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        truncateTo(low);
    }

    private boolean isSet(int index) throws IOException {
        ByteBuffer entry = entry(index);
        for (int at = 0; at < entryBytes; at++) {
            if (entry.get(at) != 0) {
                return true;
            }
        }
        return false;
    }

    /** Forgets everything; as {@link #truncateTo}. */
    void clear() throws IOException {
        Entries now = entries();
        entries = new Entries(0, now.stored > 0 || now.cut, EMPTY, 0);
    }

    /** Bytes of one entry, at index 0 of the buffer. */
    ByteBuffer entry(int index) throws IOException {
        return read(entries(), index, 1);
    }

    /** All entries. */
    ByteBuffer all() throws IOException {
        Entries now = entries();
        return read(now, 0, now.count());
    }

    /** The last entry whose key is not above the wanted one; -1 where all are. */
    int floor(Key key, long wanted) throws IOException {
        return floor(entries(), key, wanted);
    }

    /** The last entries up to that one, at most so many; empty where there is none. */
    ByteBuffer floorEntries(Key key, long wanted, int most) throws IOException {
        Entries now = entries();
        int end = floor(now, key, wanted) + 1;
        int count = Math.min(most, end);
        return count == 0 ? EMPTY : read(now, end - count, count);
    }

    /** Puts these entries in the place of all others, in one step for who looks them up. */
    void replace(ByteBuffer all) throws IOException {
        Entries now = entries();
        int count = all.remaining() / entryBytes;
        ByteBuffer tail =
                ByteBuffer.allocate(count * entryBytes)
                        .put(0, all, all.position(), count * entryBytes);
        entries = new Entries(0, now.stored > 0 || now.cut, tail, count);
    }

    private int floor(Entries now, Key key, long wanted) throws IOException {
        int low = 0;
        int high = now.count();
        while (high - low > BLOCK_ENTRIES) {
            int middle = (low + high) >>> 1;
            if (key.of(read(now, middle, 1), 0) <= wanted) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low + floorIn(read(now, low, high - low), high - low, key, wanted);
    }

    private int floorIn(ByteBuffer block, int count, Key key, long wanted) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (key.of(block, middle * entryBytes) <= wanted) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - 1;
    }

    private ByteBuffer read(Entries now, int from, int count) throws IOException {
        if (from >= now.stored) {
            int at = (from - now.stored) * entryBytes;
            return now.tail.slice(at, count * entryBytes);
        }
        ByteBuffer bytes = ByteBuffer.allocate(count * entryBytes);
        int inFile = Math.min(count, now.stored - from);
        readFile(bytes.duplicate().limit(inFile * entryBytes), (long) from * entryBytes);
        int inTail = count - inFile;
        return bytes.put(inFile * entryBytes, now.tail, 0, inTail * entryBytes);
    }

    private void readFile(ByteBuffer target, long position) throws IOException {
        FileChannel channel = file.acquire();
        try {
            // What a cut takes away under a reader stays zero; who reads notices by the view.
            while (target.hasRemaining()
                    && channel.read(target, position + target.position()) > 0) {}
        } finally {
            file.release();
        }
    }
}
