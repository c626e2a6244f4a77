package io.takhin.log;

import java.io.IOException;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * Nothing was written because something ran out, space on the disk or descriptors of the process.
 * What was there is as it was, the log stays online, and the same may be tried again.
 */
public final class StorageShortageException extends KafkaStorageException {
    private static final long serialVersionUID = 1L;

    public StorageShortageException(String message, IOException cause) {
        super(message, cause);
    }

    /** Whether an error of the file system says so, rather than that the disk is broken. */
    public static boolean isSaidBy(IOException error) {
        return ShortageException.isCauseOf(error);
    }
}
