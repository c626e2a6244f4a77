package io.takhin.log;

import java.io.IOException;
import java.nio.file.Path;

/** What was on the disk is not there any more as it was written. Nothing was changed. */
public final class DamagedLogException extends IOException {
    private static final long serialVersionUID = 1L;

    /**
     * @param position in the file, bytes
     * @param offset of the first record that is not known to be whole
     */
    DamagedLogException(Path file, long position, long offset) {
        super(
                "%s is damaged at position %d: the batch with offset %d is not what was written"
                        .formatted(file, position, offset));
    }
}
