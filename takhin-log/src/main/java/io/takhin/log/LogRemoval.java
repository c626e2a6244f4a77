package io.takhin.log;

import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.log.file.DeadFiles;
import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * How a log leaves its data directory: nothing is written to it any more, its files get a name that
 * no start reads, and who has to know of it is told. A full disk does not keep one from being
 * deleted; any other I/O error takes the directory offline.
 *
 * <p>Threads: any may listen; one log leaves at a time, by the owner of the directory's lock.
 */
final class LogRemoval {
    private final Path root;
    private final DirectoryHost host;
    private final List<Consumer<TopicPartition>> listeners = new CopyOnWriteArrayList<>();

    LogRemoval(Path root, DirectoryHost host) {
        this.root = root;
        this.host = host;
    }

    /** What happens to the files of a log that is released already. */
    @FunctionalInterface
    private interface Way {
        void leave(PartitionLog gone) throws IOException;
    }

    /** Called when a log is gone, before another one can have its name. */
    void onRemoval(Consumer<TopicPartition> listener) {
        listeners.add(listener);
    }

    /** The files stay for a while. */
    void delete(PartitionLog gone) {
        remove(gone, this::retire);
    }

    /** The files stay for good. */
    void setAside(PartitionLog gone) {
        remove(gone, this::keep);
    }

    private void remove(PartitionLog gone, Way way) {
        TopicPartition partition = gone.topicPartition();
        try {
            gone.files().abandon();
            way.leave(gone);
            host.housekeeper().checkpointSoon();
            listeners.forEach(listener -> listener.accept(partition));
            forgetCompaction(partition);
        } catch (IOException e) {
            host.faults().fail(e);
            throw new KafkaStorageException("cannot remove " + partition, e);
        }
    }

    /** A full disk may have no room for the longer name. */
    private void retire(PartitionLog gone) throws IOException {
        try {
            Path renamed = rename(gone, PartitionFiles.DELETED_DIRECTORY);
            host.housekeeper().removeDirectoryLater(renamed, gone.config().fileDeleteDelay());
        } catch (IOException e) {
            if (!ShortageException.isCauseOf(e)) {
                throw e;
            }
            DeadFiles.remove(gone.directory(), PartitionMetadataFile.NAME);
        }
    }

    private void keep(PartitionLog gone) throws IOException {
        rename(gone, PartitionFiles.STRAY_DIRECTORY);
        // No start looks into the journal for it, and a sync that was under way while the
        // directory had the other name found nothing to sync.
        gone.files().sync();
    }

    private Path rename(PartitionLog gone, String suffix) throws IOException {
        Path renamed = root.resolve(PartitionFiles.directoryOf(gone.topicPartition(), suffix));
        Files.move(gone.directory(), renamed);
        gone.files().moveTo(renamed);
        return renamed;
    }

    /** A full disk must not keep a log from going; the next one of its name cannot be made then. */
    private void forgetCompaction(TopicPartition gone) {
        try {
            host.openFiles().retrying(() -> host.checkpoints().cleanerOffsets().lower(gone, 0));
        } catch (IOException e) {
            host.faults().failUnlessShort(e);
        }
    }
}
