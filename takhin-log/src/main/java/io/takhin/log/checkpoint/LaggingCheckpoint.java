package io.takhin.log.checkpoint;

import io.takhin.log.checkpoint.CheckpointFile.DamagedFileException;
import io.takhin.log.file.DurablePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of offsets, and what it is to say, which it may lag behind on a full disk.
 *
 * <p>Threads: one at a time.
 */
final class LaggingCheckpoint {
    private static final Logger log = LoggerFactory.getLogger(LaggingCheckpoint.class);

    private final Path root;
    private final Path file;
    private final boolean damaged;
    private final Map<TopicPartition, Long> known;
    private Map<TopicPartition, Long> written;

    /** Whether the file is still the damaged one. */
    private boolean stale;

    /** Whether a power cut brings back no older file. */
    private boolean named = true;

    /**
     * @param consequence what it means when the file is damaged, for the log
     */
    LaggingCheckpoint(Path root, String name, String consequence) throws IOException {
        this.root = root;
        this.file = root.resolve(name);
        Map<TopicPartition, Long> read = Map.of();
        boolean readable = true;
        try {
            read = OffsetCheckpoint.read(file);
        } catch (DamagedFileException e) {
            log.error("{}; {}", e.getMessage(), consequence);
            readable = false;
        }
        this.damaged = !readable;
        this.stale = damaged;
        this.written = Map.copyOf(read);
        this.known = new HashMap<>(read);
    }

    /** Whether the file was not what was written when it was read. */
    boolean isDamaged() {
        return damaged;
    }

    /** 0 for a log without an entry. */
    long of(TopicPartition partition) {
        return known.getOrDefault(partition, 0L);
    }

    Map<TopicPartition, Long> known() {
        return known;
    }

    void put(Map<TopicPartition, Long> offsets) {
        known.putAll(offsets);
        known.values().removeIf(offset -> offset <= 0);
    }

    void raise(Map<TopicPartition, Long> offsets) {
        offsets.forEach((partition, offset) -> {
            if (offset > 0) {
                known.merge(partition, offset, Math::max);
            }
        });
    }

    /**
     * Returns whether the file says more than that, or would after a power cut.
     *
     * @param offset 0 for no entry
     */
    boolean lower(TopicPartition partition, long offset) {
        known.computeIfPresent(
                partition, (_, old) -> offset > 0 ? Long.valueOf(Math.min(old, offset)) : null);
        return !named || written.getOrDefault(partition, 0L) > offset;
    }

    /** Whether the file says as much as these, or more. */
    boolean covers(Map<TopicPartition, Long> offsets) {
        return offsets.entrySet().stream()
                .allMatch(each -> written.getOrDefault(each.getKey(), 0L) >= each.getValue());
    }

    /** Durable when it returns; does nothing where the file says it already. */
    void write() throws IOException {
        if (stale || !known.equals(written)) {
            OffsetCheckpoint.write(file, known);
            changedTo(known);
        }
        syncName();
    }

    /** Needs no space. Durable when it returns. */
    void delete() throws IOException {
        Files.deleteIfExists(file);
        changedTo(Map.of());
        syncName();
    }

    private void changedTo(Map<TopicPartition, Long> offsets) {
        written = Map.copyOf(offsets);
        stale = false;
        named = false;
    }

    private void syncName() throws IOException {
        if (!named) {
            DurablePaths.sync(root);
            named = true;
        }
    }
}
