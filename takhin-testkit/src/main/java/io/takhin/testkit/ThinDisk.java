package io.takhin.testkit;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A real ext4 file system whose device holds less than it says: what is written finds its place,
 * and the error comes when the kernel brings it to the device. And an overlay above it, as
 * containers have it. A test that may not mount these is skipped.
 */
public final class ThinDisk {
    private static final int PROMISED_MEBIBYTES = 64;

    private final Path device;
    private final Path root;
    private final Path overlay;

    private ThinDisk(Path at) throws IOException {
        device = Files.createDirectory(at.resolve("device"));
        root = Files.createDirectory(at.resolve("disk"));
        overlay = Files.createDirectory(at.resolve("overlay"));
    }

    /**
     * Mounts below a directory; {@link #unmount} must follow.
     *
     * @param mebibytes what the device really holds, with what the file system needs for itself
     */
    public static ThinDisk mount(Path at, int mebibytes) throws IOException, InterruptedException {
        ThinDisk disk = new ThinDisk(at);
        boolean mounted = disk.mountDisk(mebibytes) && disk.mountOverlay();
        if (!mounted) {
            disk.unmount();
        }
        Mounting.check(mounted);
        return disk;
    }

    private boolean mountDisk(int mebibytes) throws IOException, InterruptedException {
        String size = "size=" + mebibytes + "m";
        if (!Mounting.run("mount", "-t", "tmpfs", "-o", size, "tmpfs", "" + device)) {
            return false;
        }
        Path image = device.resolve("image");
        try (FileChannel file =
                FileChannel.open(image, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(java.nio.ByteBuffer.allocate(1), ((long) PROMISED_MEBIBYTES << 20) - 1);
        }
        String lazily = "nodiscard,lazy_itable_init=1";
        return Mounting.run("mkfs.ext4", "-q", "-O", "^has_journal", "-E", lazily, "" + image)
                && Mounting.run("mount", "-o", "loop,nodelalloc", "" + image, "" + root);
    }

    private boolean mountOverlay() throws IOException, InterruptedException {
        Path upper = Files.createDirectory(root.resolve("upper"));
        Path work = Files.createDirectory(root.resolve("work"));
        Path lower = Files.createDirectory(root.resolve("lower"));
        String layers = "lowerdir=" + lower + ",upperdir=" + upper + ",workdir=" + work;
        return Mounting.run("sync", "-f", "" + root)
                && Mounting.run("mount", "-t", "overlay", "-o", layers, "overlay", "" + overlay);
    }

    public Path root() {
        return root;
    }

    /** The same disk, seen through another file system. */
    public Path overlay() {
        return overlay;
    }

    public void unmount() throws InterruptedException {
        Mounting.run("umount", "-l", overlay.toString());
        Mounting.run("umount", "-l", root.toString());
        Mounting.run("umount", "-l", device.toString());
    }
}
