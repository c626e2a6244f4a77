package io.takhin.log;

import io.takhin.log.file.ShortageException;
import java.io.IOException;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * Nothing was written because something ran out, space on the disk or descriptors of the process.
 * What was there is as it was, the log stays online, and the same may be tried again.
 */
public final class StorageShortageException extends KafkaStorageException {
    private static final long serialVersionUID = 1L;

    private final boolean ofSpace;

    public StorageShortageException(String message, IOException cause) {
        super(message, cause);
        ofSpace = !ShortageException.isOfDescriptors(cause);
    }

    /** Whether the disk is full; else it is descriptors that the process lacks. */
    public boolean isOfSpace() {
        return ofSpace;
    }

    /** Whether an error of the file system says so, rather than that the disk is broken. */
    public static boolean isSaidBy(IOException error) {
        return ShortageException.isCauseOf(error);
    }
}
