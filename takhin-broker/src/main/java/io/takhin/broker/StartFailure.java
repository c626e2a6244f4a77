package io.takhin.broker;

import io.takhin.broker.config.HostAndPort;
import io.takhin.broker.config.Setting;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Turns what the operating system refused into a line that says what to do about it. */
final class StartFailure {
    private StartFailure() {}

    /**
     * Creates the data directory where it is missing and makes sure that files can be made in it.
     */
    static void requireUsable(Path dataDir) throws CannotStartException {
        try {
            Files.createDirectories(dataDir);
            if (!Files.isWritable(dataDir)) {
                throw new AccessDeniedException(dataDir.toString());
            }
        } catch (IOException e) {
            throw describe(e, "storage.data.dir (-data-dir)");
        }
    }

    static CannotStartException portTaken(HostAndPort at, Setting port, BindException e) {
        String why = inUse(e) ? "address already in use" : e.getMessage();
        return new CannotStartException(
                "bind: %s: %s; choose another port with %s (%s)"
                        .formatted(why, at, port.key(), port.variable()));
    }

    private static boolean inUse(BindException e) {
        return String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("in use");
    }

    /** The advice finishes the sentence "… check". */
    static CannotStartException describe(IOException e, String advice) {
        return new CannotStartException(
                switch (e) {
                    case AccessDeniedException denied ->
                            "permission denied: " + denied.getFile() + "; check " + advice;
                    case FileSystemException failed ->
                            reason(failed) + ": " + failed.getFile() + "; check " + advice;
                    default -> String.valueOf(e.getMessage());
                });
    }

    private static String reason(FileSystemException e) {
        String reason = e.getReason();
        return reason == null ? e.getClass().getSimpleName() : reason.toLowerCase(Locale.ROOT);
    }
}
