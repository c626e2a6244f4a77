package io.takhin.log.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps other processes, Apache Kafka too, out of a data directory: a lock on {@code .lock}. */
public final class DirectoryLock implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DirectoryLock.class);
    private static final String NAME = ".lock";

    private final FileChannel file;

    private DirectoryLock(FileChannel file) {
        this.file = file;
    }

    /** Fails where somebody has it. */
    public static DirectoryLock take(Path root) throws IOException {
        FileChannel file =
                FileChannel.open(
                        root.resolve(NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (file.tryLock() == null) {
                throw new IOException("data directory " + root + " is used by another process");
            }
            return new DirectoryLock(file);
        } catch (OverlappingFileLockException e) {
            file.close();
            throw new IOException("data directory " + root + " is open already", e);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** As {@link #close}, for who can do nothing about an error: the process' end releases, too. */
    public void release() {
        try {
            file.close();
        } catch (IOException e) {
            log.warn("a data directory stays locked until the process ends", e);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
