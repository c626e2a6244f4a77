package io.takhin.log;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.List;

/** Nothing was written because the disk has no space left; what was there is as it was. */
final class DiskFullException extends IOException {
    private static final long serialVersionUID = 1L;

    /** ENOSPC and EDQUOT, as the C library says them; Java has no other way to tell. */
    private static final List<String> REASONS =
            List.of("No space left on device", "Disk quota exceeded");

    DiskFullException(IOException cause) {
        super(cause.getMessage(), cause);
    }

    /** Whether an error says that there is no space, rather than that the disk is broken. */
    static boolean isCauseOf(IOException e) {
        String why = e instanceof FileSystemException named ? named.getReason() : e.getMessage();
        return e instanceof DiskFullException
                || (why != null && REASONS.stream().anyMatch(why::contains));
    }
}
