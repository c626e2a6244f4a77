package io.takhin.log.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells directories on the file system of a data directory from those that are mounted below it, or
 * linked. Asks for nothing that the system would not have to look up anyway.
 *
 * <p>Threads: any.
 */
public final class Devices {
    private static final String DEVICE = "unix:dev,isDirectory";

    /** Null where the system does not say. */
    private final @Nullable Object device;

    public enum Kind {
        NO_DIRECTORY,
        DIRECTORY,
        DIRECTORY_ELSEWHERE
    }

    private Devices(@Nullable Object device) {
        this.device = device;
    }

    public static Devices of(Path root) throws IOException {
        try {
            return new Devices(Files.readAttributes(root, DEVICE).get("dev"));
        } catch (UnsupportedOperationException e) {
            return new Devices(null);
        }
    }

    public Kind kindOf(Path path) {
        if (device == null) {
            return Files.isDirectory(path) ? Kind.DIRECTORY : Kind.NO_DIRECTORY;
        }
        try {
            Map<String, Object> found = Files.readAttributes(path, DEVICE);
            if (!Boolean.TRUE.equals(found.get("isDirectory"))) {
                return Kind.NO_DIRECTORY;
            }
            return device.equals(found.get("dev")) ? Kind.DIRECTORY : Kind.DIRECTORY_ELSEWHERE;
        } catch (IOException e) {
            // Gone meanwhile, or a link to nothing.
            return Kind.NO_DIRECTORY;
        }
    }
}
