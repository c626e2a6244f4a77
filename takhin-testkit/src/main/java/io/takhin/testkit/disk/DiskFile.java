package io.takhin.testkit.disk;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * The bytes of a file: as programs see them, and as they are known to be on the disk. Between the
 * two a sector may be on the disk as it was after any of the writes since the last sync, and so may
 * the file's size, each on its own.
 */
final class DiskFile implements DiskNode {
    static final int SECTOR = 512;

    /** More versions of one sector are not told apart. */
    private static final int VERSIONS_MAX = 6;

    private byte[] bytes = new byte[SECTOR];
    private int size;
    private byte[] synced = new byte[0];
    private int syncedSize;

    /** What each sector held after each write since the last sync, the newest last. */
    private final Map<Integer, List<byte[]>> unsynced = new TreeMap<>();

    private final List<Integer> unsyncedSizes = new ArrayList<>();
    private long modifiedMillis;

    int size() {
        return size;
    }

    int read(ByteBuffer target, long from) {
        if (from >= size) {
            return -1;
        }
        int count = (int) Math.min(target.remaining(), size - from);
        target.put(bytes, (int) from, count);
        return count;
    }

    void write(ByteBuffer source, int at, int count) {
        reserve(at + count);
        source.get(bytes, at, count);
        noteSectors(Math.min(at, size), at + count);
        resize(Math.max(size, at + count));
    }

    void truncate(int newSize) {
        if (newSize < size) {
            Arrays.fill(bytes, newSize, size, (byte) 0);
            noteSectors(newSize, size);
            resize(newSize);
        }
    }

    private void resize(int newSize) {
        if (newSize != size) {
            size = newSize;
            unsyncedSizes.add(newSize);
        }
    }

    private void reserve(int wanted) {
        if (wanted > bytes.length) {
            int sectors = (Math.max(wanted, bytes.length * 2) + SECTOR - 1) / SECTOR;
            bytes = Arrays.copyOf(bytes, sectors * SECTOR);
        }
    }

    private void noteSectors(int from, int to) {
        for (int sector = from / SECTOR; sector * SECTOR < to; sector++) {
            List<byte[]> versions = unsynced.computeIfAbsent(sector, _ -> new ArrayList<>(2));
            if (versions.size() == VERSIONS_MAX) {
                versions.removeFirst();
            }
            versions.add(Arrays.copyOfRange(bytes, sector * SECTOR, (sector + 1) * SECTOR));
        }
    }

    void sync() {
        reserveSynced(size);
        for (int sector : unsynced.keySet()) {
            int at = sector * SECTOR;
            if (at < synced.length) {
                System.arraycopy(bytes, at, synced, at, SECTOR);
            }
        }
        syncedSize = size;
        forgetVersions();
    }

    private void forgetVersions() {
        unsynced.clear();
        unsyncedSizes.clear();
    }

    private void reserveSynced(int wanted) {
        if (wanted > synced.length) {
            synced = Arrays.copyOf(synced, (wanted + SECTOR - 1) / SECTOR * SECTOR);
        }
    }

    /**
     * As Linux leaves a file whose writing back failed: some sectors are on the disk and some are
     * not, and all count as written, so that no later sync brings the others there.
     */
    void failSync(RandomGenerator random) {
        takeSome(random);
        forgetVersions();
    }

    @Override
    public void loseUnsynced(RandomGenerator random) {
        switch (random.nextInt(4)) {
            case 0 -> sync();
            case 1 -> {}
            default -> takeSome(random);
        }
        forgetVersions();
        size = syncedSize;
        // Behind its end a file has zeros, also once it grows again.
        Arrays.fill(synced, Math.min(size, synced.length), synced.length, (byte) 0);
        bytes = Arrays.copyOf(synced, Math.max(SECTOR, synced.length));
    }

    private void takeSome(RandomGenerator random) {
        syncedSize = anySize(random);
        reserveSynced(syncedSize);
        int inHundred = random.nextInt(101);
        for (Map.Entry<Integer, List<byte[]>> each : unsynced.entrySet()) {
            int at = each.getKey() * SECTOR;
            if (at < synced.length && random.nextInt(100) < inHundred) {
                List<byte[]> versions = each.getValue();
                int version =
                        random.nextBoolean()
                                ? versions.size() - 1
                                : random.nextInt(versions.size());
                System.arraycopy(versions.get(version), 0, synced, at, SECTOR);
            }
        }
    }

    private int anySize(RandomGenerator random) {
        int choice = random.nextInt(unsyncedSizes.size() + 2);
        if (choice < unsyncedSizes.size()) {
            return unsyncedSizes.get(choice);
        }
        if (choice > unsyncedSizes.size() || size <= syncedSize) {
            return syncedSize;
        }
        // A write of many sectors may have come this far.
        int between = syncedSize + random.nextInt(size - syncedSize + 1);
        return Math.max(syncedSize, between / SECTOR * SECTOR);
    }

    @Override
    public long modifiedMillis() {
        return modifiedMillis;
    }

    @Override
    public void setModifiedMillis(long millis) {
        modifiedMillis = millis;
    }
}
