package io.takhin.metadata;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

    private final Path directory;
    private final ReentrantLock lock = new ReentrantLock();
    // A reader is opened when a snapshot is first read; null until then.
    private final TreeMap<OffsetAndEpoch, @Nullable FileRawSnapshotReader> known = new TreeMap<>();
    // Of deleted snapshots, which somebody may still be reading; closed at the next deletion.
    private final List<FileRawSnapshotReader> retired = new ArrayList<>();

    private SnapshotFiles(Path directory) {
        this.directory = directory;
    }

    /**
     * Finds what is there. What a crash left half written, what was marked for deletion and what
     * lies below the log's start is deleted.
     */
    static SnapshotFiles open(Path directory, long logStartOffset) throws IOException {
        SnapshotFiles files = new SnapshotFiles(directory);
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*.checkpoint*")) {
            for (Path entry : entries) {
                Optional<SnapshotPath> snapshot = Snapshots.parse(entry);
                if (snapshot.isPresent()) {
                    files.admit(snapshot.get(), logStartOffset);
                }
            }
        }
        return files;
    }

    private void admit(SnapshotPath found, long logStartOffset) throws IOException {
        if (found.partial() || found.deleted() || found.snapshotId().offset() < logStartOffset) {
            Files.deleteIfExists(found.path());
        } else {
            known.put(found.snapshotId(), null);
        }
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
