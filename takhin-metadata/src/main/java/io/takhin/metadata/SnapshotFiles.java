package io.takhin.metadata;

import io.takhin.log.DamagedLogException;
import io.takhin.log.WholeBatches;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.common.record.internal.UnalignedMemoryRecords;
import org.apache.kafka.common.record.internal.UnalignedRecords;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.server.common.OffsetAndEpoch;
import org.apache.kafka.snapshot.FileRawSnapshotReader;
import org.apache.kafka.snapshot.FileRawSnapshotWriter;
import org.apache.kafka.snapshot.NotifyingRawSnapshotWriter;
import org.apache.kafka.snapshot.RawSnapshotReader;
import org.apache.kafka.snapshot.RawSnapshotWriter;
import org.apache.kafka.snapshot.SnapshotPath;
import org.apache.kafka.snapshot.Snapshots;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots beside the metadata log ({@code <offset>-<epoch>.checkpoint}, KIP-630), by id.
 *
 * <p>Threads: the Raft thread reads and deletes, the snapshot thread adds; guarded by an own lock.
 */
final class SnapshotFiles implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SnapshotFiles.class);

    /** Neither Kafka nor we take a file of this ending for a snapshot. */
    private static final String DAMAGED = ".damaged";

    private final Path directory;
    private final ReentrantLock lock = new ReentrantLock();
    // A reader is opened when a snapshot is first read; null until then.
    private final TreeMap<OffsetAndEpoch, @Nullable FileRawSnapshotReader> known = new TreeMap<>();
    // Of deleted snapshots, which somebody may still be reading; closed at the next deletion.
    private final List<FileRawSnapshotReader> retired = new ArrayList<>();

    /** What {@link #settle} has to decide on. */
    private final Map<Path, DamagedLogException> damaged = new LinkedHashMap<>();

    private SnapshotFiles(Path directory) {
        this.directory = directory;
    }

    /**
     * Finds what is there, in a directory that may not exist yet. What a crash left half written
     * and what was marked for deletion is deleted. A damaged one is passed over for the one before.
     */
    static SnapshotFiles open(Path directory) throws IOException {
        SnapshotFiles files = new SnapshotFiles(directory);
        if (Files.exists(directory)) {
            files.find();
            files.passOverDamaged();
        }
        return files;
    }

    private void find() throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*.checkpoint*")) {
            for (Path entry : entries) {
                SnapshotPath found = Snapshots.parse(entry).orElse(null);
                if (found != null && (found.partial() || found.deleted())) {
                    Files.deleteIfExists(found.path());
                } else if (found != null) {
                    known.put(found.snapshotId(), null);
                }
            }
        }
    }

    private void passOverDamaged() throws IOException {
        while (!known.isEmpty()) {
            Path file = Snapshots.snapshotPath(directory, known.lastKey());
            try {
                new WholeBatches(0).check(file, Files.size(file));
                return;
            } catch (DamagedLogException e) {
                damaged.put(file, e);
                known.pollLastEntry();
            }
        }
    }

    /**
     * With the log the snapshots must tell all that ever was. Those below its start are deleted,
     * and damaged ones are set aside when they are not needed.
     *
     * @throws DamagedLogException where a damaged one is needed
     */
    void settle(long logStartOffset) throws IOException {
        if (logStartOffset > 0 && latest().filter(id -> id.offset() >= logStartOffset).isEmpty()) {
            for (DamagedLogException needed : damaged.values()) {
                throw needed;
            }
            throw new IOException(
                    "the metadata log in %s begins at %d and no snapshot holds what was before"
                            .formatted(directory, logStartOffset));
        }
        for (OffsetAndEpoch id : List.copyOf(known.keySet())) {
            if (id.offset() < logStartOffset) {
                Files.deleteIfExists(Snapshots.snapshotPath(directory, id));
                known.remove(id);
            }
        }
        for (Map.Entry<Path, DamagedLogException> each : damaged.entrySet()) {
            Path file = each.getKey();
            Path aside = file.resolveSibling(file.getFileName() + DAMAGED);
            log.error(
                    "{}; the log and earlier snapshots have all of it, and it is renamed to {}",
                    each.getValue().getMessage(),
                    aside.getFileName());
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
        }
        damaged.clear();
    }

    Optional<OffsetAndEpoch> latest() {
        lock.lock();
        try {
            return known.isEmpty() ? Optional.empty() : Optional.of(known.lastKey());
        } finally {
            lock.unlock();
        }
    }

    Optional<OffsetAndEpoch> earliest() {
        lock.lock();
        try {
            return known.isEmpty() ? Optional.empty() : Optional.of(known.firstKey());
        } finally {
            lock.unlock();
        }
    }

    boolean contains(OffsetAndEpoch id) {
        lock.lock();
        try {
            return known.containsKey(id);
        } finally {
            lock.unlock();
        }
    }

    /** A snapshot to be written; it counts once it is frozen. Empty where it is there already. */
    Optional<RawSnapshotWriter> create(OffsetAndEpoch id) {
        if (contains(id)) {
            return Optional.empty();
        }
        return Optional.of(
                new NotifyingRawSnapshotWriter(
                        FileRawSnapshotWriter.create(directory, id), this::onFrozen));
    }

    void onFrozen(OffsetAndEpoch id) {
        try {
            // The log before a snapshot may be deleted: its name must be on the disk by then.
            VoteFile.syncDirectory(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot sync " + directory, e);
        }
        lock.lock();
        try {
            known.put(id, null);
        } finally {
            lock.unlock();
        }
    }

    Optional<RawSnapshotReader> read(OffsetAndEpoch id) {
        lock.lock();
        try {
            if (!known.containsKey(id)) {
                return Optional.empty();
            }
            return Optional.of(new InMemorySlices(known.computeIfAbsent(id, this::openReader)));
        } finally {
            lock.unlock();
        }
    }

    private FileRawSnapshotReader openReader(OffsetAndEpoch id) {
        return FileRawSnapshotReader.open(directory, id);
    }

    /** A snapshot whose parts can be sent without its file: they are read when they are cut. */
    private record InMemorySlices(FileRawSnapshotReader file) implements RawSnapshotReader {
        @Override
        public OffsetAndEpoch snapshotId() {
            return file.snapshotId();
        }

        @Override
        public long sizeInBytes() {
            return file.sizeInBytes();
        }

        @Override
        public UnalignedRecords slice(long position, int size) {
            FileRecords records = (FileRecords) file.records();
            long left = Math.max(0, file.sizeInBytes() - position);
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(size, left));
            try {
                Utils.readFully(records.channel(), bytes, position);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read snapshot " + snapshotId(), e);
            }
            return new UnalignedMemoryRecords(bytes.flip());
        }

        @Override
        public Records records() {
            return file.records();
        }
    }

    /** Forgets and deletes all snapshots older than one; whether there were any. */
    boolean deleteBefore(OffsetAndEpoch id) {
        lock.lock();
        try {
            retired.forEach(FileRawSnapshotReader::close);
            retired.clear();
            Map<OffsetAndEpoch, @Nullable FileRawSnapshotReader> old = known.headMap(id, false);
            boolean any = !old.isEmpty();
            old.forEach(this::delete);
            old.clear();
            return any;
        } finally {
            lock.unlock();
        }
    }

    private void delete(OffsetAndEpoch id, @Nullable FileRawSnapshotReader reader) {
        if (reader != null) {
            retired.add(reader);
        }
        log.info("deleting snapshot offset={} epoch={}", id.offset(), id.epoch());
        Snapshots.deleteIfExists(directory, id);
    }

    /** The snapshot before the latest; what is older is not needed by anybody who is up to date. */
    Optional<OffsetAndEpoch> secondLatest() {
        lock.lock();
        try {
            return known.size() < 2
                    ? Optional.empty()
                    : Optional.of(known.lowerKey(known.lastKey()));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            retired.forEach(FileRawSnapshotReader::close);
            known.values().stream().filter(Objects::nonNull).forEach(FileRawSnapshotReader::close);
            known.clear();
        } finally {
            lock.unlock();
        }
    }
}
