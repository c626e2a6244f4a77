package io.takhin.testkit;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A real ext4 file system, in a file, that can be made to fail as the kernel sees disks fail: from
 * then on it refuses every write and every sync. A test that may not mount one is skipped.
 */
public final class FailingDisk {
    private final Path image;
    private final Path root;

    private FailingDisk(Path image, Path root) {
        this.image = image;
        this.root = root;
    }

    /**
     * Mounts over a directory; {@link #unmount} must follow.
     *
     * @param image the file that will hold it, made here
     */
    public static FailingDisk mount(Path image, Path at, int mebibytes)
            throws IOException, InterruptedException {
        try (FileChannel file =
                FileChannel.open(image, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(java.nio.ByteBuffer.allocate(1), ((long) mebibytes << 20) - 1);
        }
        FailingDisk disk = new FailingDisk(image, at);
        boolean mounted = Mounting.run("mkfs.ext4", "-q", "-F", "" + image) && disk.mount();
        Mounting.check(mounted);
        // What the file system needs for itself is no directory of a broker's.
        Files.delete(at.resolve("lost+found"));
        return disk;
    }

    private boolean mount() throws InterruptedException {
        return Mounting.run("mount", "-o", "loop,errors=remount-ro", "" + image, "" + root);
    }

    /** From now on nothing can be written, nor synced. */
    public void fail() throws IOException {
        Path device = Path.of(Files.getFileStore(root).name()).getFileName();
        Files.writeString(
                Path.of("/sys/fs/ext4").resolve(device).resolve("trigger_fs_error"), "a test");
    }

    /** As an operator does it; nobody may use the files. */
    public void repair() throws InterruptedException {
        unmount();
        // Its exit code says whether anything had to be mended.
        var _ = Mounting.run("e2fsck", "-p", "" + image);
        if (!mount()) {
            throw new IllegalStateException("cannot mount " + image + " again");
        }
    }

    public void unmount() throws InterruptedException {
        Mounting.run("umount", "-l", root.toString());
    }
}
