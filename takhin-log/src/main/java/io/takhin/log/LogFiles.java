package io.takhin.log;

import io.takhin.log.file.SharedFile;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The files of one log taken together: brought up to date for the next start, moved to another
 * name, and let go of.
 *
 * <p>Threads: any; takes the log's lock.
 */
final class LogFiles {
    private final LogState state;
    private final LogGuard guard;
    private volatile boolean finished;

    /** Bytes of the active segment when producer state was last written. */
    private int snapshotPosition;

    LogFiles(LogState state, LogGuard guard) {
        this.state = state;
        this.guard = guard;
    }

    /**
     * Writes what makes the next start quick: index tails, and producer state where the log has
     * grown by so many bytes since it was last written.
     */
    void checkpoint(long producerBytes) {
        state.lock.lock();
        try {
            LogView view = state.view;
            if (state.isWritable() && !view.segments().isEmpty()) {
                view.active().writeIndexTails();
                // A new segment began with producer state of its own.
                snapshotPosition = Math.min(snapshotPosition, view.endPosition());
                state.epochs.writeUpTo(view.end(), state.directory);
                if (view.endPosition() - snapshotPosition >= producerBytes) {
                    state.snapshots.take(state.producers);
                    snapshotPosition = view.endPosition();
                    state.snapshots.deleteStray(view);
                }
            }
        } catch (IOException e) {
            if (ShortageException.isCauseOf(e)) {
                // What is in memory stays there, and the next checkpoint tries again.
                state.host.shortage(e);
            } else {
                state.host.fail(e);
            }
        } finally {
            state.lock.unlock();
        }
    }

    /** Writes indexes, epochs and producer state as a closed log has them. */
    void finish() {
        guard.change(() -> {
            try {
                writeTails();
            } catch (IOException e) {
                if (!ShortageException.isCauseOf(e)) {
                    throw e;
                }
                // The records are whole; the next start makes the rest anew.
                finished = false;
                state.host.shortage(e);
            }
        });
    }

    private void writeTails() throws IOException {
        state.epochs.writeUpTo(state.view.end(), state.directory);
        if (!state.view.segments().isEmpty()) {
            Segment active = state.view.active();
            if (!active.isAsItsFilesAre()) {
                active.finishIndexes();
                state.noteClosed(active);
            }
            state.snapshots.take(state.producers);
        }
        finished = true;
    }

    /** Whether {@link #finish} found space for all it had to write. */
    boolean areFinished() {
        return finished;
    }

    /** Nothing is written any more, and descriptors go; who reads may finish. */
    void release() {
        state.closed = true;
        state.lock.lock();
        try {
            state.view.segments().forEach(Segment::retire);
        } finally {
            state.lock.unlock();
        }
    }

    /** The files get another name, or go: they need not become durable any more. */
    void abandon() {
        release();
        all().forEach(SharedFile::markDeleted);
    }

    /** The partition's directory was renamed. */
    void moveTo(Path directory) {
        state.lock.lock();
        try {
            state.directory = directory;
            state.snapshots.moveTo(directory);
            all().forEach(file -> file.moveTo(directory));
        } finally {
            state.lock.unlock();
        }
    }

    /** Returns when all records, and the names of their files, are on the disk. */
    void sync() throws IOException {
        for (Segment segment : state.view.segments()) {
            if (!segment.file().isKnownSynced()) {
                state.host.openFiles().patiently(segment.file()::sync);
            }
        }
        state.syncDirectory();
    }

    /** What nobody has used for a while costs as little as it can. */
    void rest() {
        if (state.view.segments().stream().noneMatch(Segment::mayRest)) {
            return;
        }
        state.lock.lock();
        try {
            if (!state.closed) {
                state.view.segments().forEach(Segment::rest);
            }
        } finally {
            state.lock.unlock();
        }
    }

    private Stream<SharedFile> all() {
        return state.view.segments().stream().flatMap(segment -> segment.files().stream());
    }
}
