package io.takhin.log;

import io.takhin.log.file.ShortageException;
import java.io.IOException;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * Stands around whatever changes a log and whatever is asked of its files: changes take the lock
 * and are refused while the log is offline, and an I/O error takes the directory offline, but for a
 * full disk on which a change was undone.
 *
 * <p>Threads: any.
 */
final class LogGuard {
    private final LogState state;

    LogGuard(LogState state) {
        this.state = state;
    }

    @FunctionalInterface
    interface Change {
        void run() throws IOException;
    }

    @FunctionalInterface
    interface Question<T> {
        T answer() throws IOException;
    }

    /**
     * Runs under the log's lock. Waits for the descriptors it needs.
     *
     * @throws StorageShortageException when the change was undone and may be tried again
     * @throws KafkaStorageException when the log is offline, or goes offline by this
     */
    void change(Change change) {
        state.lock.lock();
        try {
            if (!state.isWritable()) {
                throw new KafkaStorageException("partition " + state.partition + " is offline");
            }
            state.host.openFiles().changing(change::run);
        } catch (IOException e) {
            throw failed(e);
        } finally {
            state.lock.unlock();
        }
    }

    /**
     * Asks without the lock.
     *
     * @throws KafkaStorageException when the files cannot be read, or were deleted meanwhile
     */
    <T> T find(Question<T> question) {
        try {
            return question.answer();
        } catch (IOException e) {
            if (state.closed) {
                // The partition was deleted under the reader; nothing is wrong with the disk.
                throw new KafkaStorageException("partition " + state.partition + " is closed", e);
            }
            if (ShortageException.isOfDescriptors(e)) {
                // Nothing was changed by who only asks.
                state.host.shortage(e);
                throw new KafkaStorageException("partition " + state.partition, e);
            }
            throw failed(e);
        }
    }

    private KafkaStorageException failed(IOException e) {
        String why = "partition " + state.partition + ": " + e.getMessage();
        if (e instanceof ShortageException) {
            state.host.shortage(e);
            return new StorageShortageException(why, e);
        }
        state.host.fail(e);
        return new KafkaStorageException(why, e);
    }
}
