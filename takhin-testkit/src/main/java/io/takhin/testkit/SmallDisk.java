package io.takhin.testkit;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;

/** A real file system of a few MiB, in memory; a test that may not mount one is skipped. */
public final class SmallDisk {
    private static final String FILLER = "filler";

    private final Path root;

    private SmallDisk(Path root) {
        this.root = root;
    }

    /** Mounts over a directory; {@link #unmount} must follow. */
    public static SmallDisk mount(Path at, int mebibytes) throws IOException, InterruptedException {
        boolean mounted =
                Mounting.run(
                        "mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", "" + at);
        Mounting.check(mounted);
        return new SmallDisk(at);
    }

    public Path root() {
        return root;
    }

    /** Bytes that may still be written. */
    public long usable() throws IOException {
        return Files.getFileStore(root).getUsableSpace();
    }

    /** Takes all but so many bytes; of what others write or give back meanwhile, too. */
    public void fillUpTo(long left) throws IOException {
        // What was taken before stays taken, or others would find space for a moment.
        OpenOption how = usable() < left ? TRUNCATE_EXISTING : APPEND;
        try (OutputStream filler = Files.newOutputStream(root.resolve(FILLER), CREATE, how)) {
            byte[] page = new byte[4096];
            while (usable() > left) {
                filler.write(page);
            }
        } catch (IOException e) {
            // Somebody else took the last page.
            if (usable() > left) {
                throw e;
            }
        }
    }

    /** Gives back what {@link #fillUpTo} took. */
    public void empty() throws IOException {
        Files.delete(root.resolve(FILLER));
    }

    public void unmount() throws InterruptedException {
        Mounting.run("umount", "-l", root.toString());
    }
}
