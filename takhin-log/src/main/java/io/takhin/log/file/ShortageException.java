package io.takhin.log.file;

import java.io.IOException;
import java.nio.file.FileSystemException;

/**
 * Nothing was written because something ran out, space on the disk or descriptors of the process;
 * what was there is as it was. It may pass, and nothing is wrong with the disk.
 */
public final class ShortageException extends IOException {
    private static final long serialVersionUID = 1L;

    public ShortageException(IOException cause) {
        super(cause.getMessage(), cause);
    }

    private static String reason(IOException e) {
        String why = e instanceof FileSystemException named ? named.getReason() : e.getMessage();
        return why == null ? "" : why;
    }

    /** Whether an error says that something ran out, rather than that the disk is broken. */
    public static boolean isCauseOf(IOException e) {
        return e instanceof ShortageException
                || isOfDescriptors(e)
                || SystemTexts.OF_SPACE.stream().anyMatch(reason(e)::contains);
    }

    /** Whether it is space on the disk that ran out. */
    public static boolean isOfSpace(IOException e) {
        return isCauseOf(e) && !isOfDescriptors(e);
    }

    /** Whether it is descriptors: the disk may have space. */
    public static boolean isOfDescriptors(IOException e) {
        return SystemTexts.OF_DESCRIPTORS.stream().anyMatch(reason(e)::contains);
    }
}
