package io.takhin.testkit.disk;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The names in a directory: as programs see them, and as they are known to be on the disk. Each
 * change since the last sync may be there or not, whatever became of the others.
 */
final class DiskFolder implements DiskNode {
    private TreeMap<String, DiskNode> entries = new TreeMap<>();
    private TreeMap<String, DiskNode> synced = new TreeMap<>();
    private final List<Change> unsynced = new ArrayList<>();
    private long modifiedMillis;

    /** One name goes, another one comes; a rename is both, and never only one of them. */
    private record Change(@Nullable String gone, @Nullable String come, DiskNode node) {
        void apply(TreeMap<String, DiskNode> names) {
            if (gone != null && names.get(gone) == node) {
                names.remove(gone);
            }
            if (come != null) {
                names.put(come, node);
            }
        }
    }

    @Nullable DiskNode get(String name) {
        return entries.get(name);
    }

    List<String> names() {
        return List.copyOf(entries.keySet());
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    void add(String name, DiskNode node) {
        change(new Change(null, name, node));
    }

    void remove(String name, DiskNode node) {
        change(new Change(name, null, node));
    }

    void rename(String from, String to, DiskNode node) {
        change(new Change(from, to, node));
    }

    private void change(Change change) {
        change.apply(entries);
        unsynced.add(change);
    }

    void sync() {
        synced = new TreeMap<>(entries);
        unsynced.clear();
    }

    /** Some names are on the disk and some are not, and nothing will change that any more. */
    void failSync(RandomGenerator random) {
        takeSome(random);
        unsynced.clear();
    }

    @Override
    public void loseUnsynced(RandomGenerator random) {
        switch (random.nextInt(4)) {
            case 0 -> sync();
            case 1 -> {}
            case 2 ->
                    unsynced.subList(0, random.nextInt(unsynced.size() + 1))
                            .forEach(change -> change.apply(synced));
            default -> takeSome(random);
        }
        unsynced.clear();
        entries = new TreeMap<>(synced);
        entries.values().forEach(node -> node.loseUnsynced(random));
    }

    private void takeSome(RandomGenerator random) {
        for (Change change : unsynced) {
            if (random.nextBoolean()) {
                change.apply(synced);
            }
        }
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
