package io.takhin.testkit.disk;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What {@link java.nio.file.Files} asks of a {@link SimulatedDisk}. */
final class DiskProvider extends FileSystemProvider {
    static final String SCHEME = "simulated";

    private final SimulatedDisk disk;

    DiskProvider(SimulatedDisk disk) {
        this.disk = disk;
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
        throw new UnsupportedOperationException("a simulated disk is made by its test");
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
        throw new UnsupportedOperationException("a simulated disk has no address");
    }

    @Override
    public Path getPath(URI uri) {
        throw new UnsupportedOperationException("a simulated disk has no address");
    }

    @Override
    public SeekableByteChannel newByteChannel(
            Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        return newFileChannel(path, options, attributes);
    }

    @Override
    public FileChannel newFileChannel(
            Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        disk.lock.lock();
        try {
            disk.takeDescriptor(path);
            DiskNode node = disk.find(path);
            if (node == null) {
                node = create(path, options);
            } else {
                disk.begin(SimulatedDisk.Call.READ, path, "open");
                if (options.contains(StandardOpenOption.CREATE_NEW)) {
                    throw new FileAlreadyExistsException(path.toString());
                }
            }
            DiskChannel channel = new DiskChannel(disk, path, node, options);
            disk.opened();
            if (options.contains(StandardOpenOption.TRUNCATE_EXISTING)) {
                channel.truncate(0);
            }
            return channel;
        } finally {
            disk.lock.unlock();
        }
    }

    private DiskFile create(Path path, Set<? extends OpenOption> options) throws IOException {
        boolean wanted =
                options.contains(StandardOpenOption.CREATE)
                        || options.contains(StandardOpenOption.CREATE_NEW);
        disk.begin(wanted ? SimulatedDisk.Call.NAME : SimulatedDisk.Call.READ, path, "create");
        if (!wanted) {
            throw new NoSuchFileException(path.toString());
        }
        DiskFile made = new DiskFile();
        disk.folderOf(path).add(nameOf(path), made);
        return made;
    }

    private static String nameOf(Path path) {
        Path name = path.getFileName();
        if (name == null) {
            throw new IllegalArgumentException("no name: " + path);
        }
        return name.toString();
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(
            Path directory, DirectoryStream.Filter<? super Path> filter) throws IOException {
        disk.lock.lock();
        try {
            disk.begin(SimulatedDisk.Call.READ, directory, "list");
            if (!(disk.get(directory) instanceof DiskFolder folder)) {
                throw new NotDirectoryException(directory.toString());
            }
            List<Path> found = new ArrayList<>();
            for (String name : folder.names()) {
                Path path = directory.resolve(name);
                if (filter.accept(path)) {
                    found.add(path);
                }
            }
            return new Listing(found);
        } finally {
            disk.lock.unlock();
        }
    }

    private record Listing(List<Path> paths) implements DirectoryStream<Path> {
        @Override
        public Iterator<Path> iterator() {
            return paths.iterator();
        }

        @Override
        public void close() {}
    }

    @Override
    public void createDirectory(Path directory, FileAttribute<?>... attributes) throws IOException {
        disk.lock.lock();
        try {
            if (disk.find(directory) != null) {
                throw new FileAlreadyExistsException(directory.toString());
            }
            disk.begin(SimulatedDisk.Call.NAME, directory, "create directory");
            disk.folderOf(directory).add(nameOf(directory), new DiskFolder());
        } finally {
            disk.lock.unlock();
        }
    }

    @Override
    public void delete(Path path) throws IOException {
        disk.passRemovalGate(path);
        disk.lock.lock();
        try {
            disk.begin(SimulatedDisk.Call.NAME, path, "delete");
            DiskNode node = disk.get(path);
            if (node instanceof DiskFolder folder && !folder.isEmpty()) {
                throw new DirectoryNotEmptyException(path.toString());
            }
            disk.folderOf(path).remove(nameOf(path), node);
            disk.giveBack(node instanceof DiskFile file ? file.size() : 0);
        } finally {
            disk.lock.unlock();
        }
    }

    @Override
    public void copy(Path source, Path target, CopyOption... options) {
        throw new UnsupportedOperationException("copy what is read");
    }

    /** Within one directory, and in one step. */
    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
        disk.lock.lock();
        try {
            disk.begin(SimulatedDisk.Call.NAME, source, "rename to " + target.getFileName());
            DiskNode node = disk.get(source);
            DiskFolder folder = disk.folderOf(source);
            if (folder != disk.folderOf(target)) {
                throw new UnsupportedOperationException("a rename into another directory");
            }
            DiskNode replaced = disk.find(target);
            boolean replaces =
                    Arrays.asList(options).contains(StandardCopyOption.ATOMIC_MOVE)
                            || Arrays.asList(options).contains(StandardCopyOption.REPLACE_EXISTING);
            if (replaced != null && !replaces) {
                throw new FileAlreadyExistsException(target.toString());
            }
            if (replaced == null && nameOf(target).length() > nameOf(source).length()) {
                disk.needRoom(source);
            }
            folder.rename(nameOf(source), nameOf(target), node);
            disk.giveBack(replaced instanceof DiskFile file ? file.size() : 0);
        } finally {
            disk.lock.unlock();
        }
    }

    @Override
    public boolean isSameFile(Path path, Path other) {
        return path.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    }

    @Override
    public boolean isHidden(Path path) {
        return false;
    }

    @Override
    public FileStore getFileStore(Path path) {
        return new DiskStore(disk);
    }

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
        attributesOf(path);
    }

    private DiskAttributes attributesOf(Path path) throws IOException {
        disk.lock.lock();
        try {
            disk.begin(SimulatedDisk.Call.READ, path, "look at");
            return DiskAttributes.of(disk.get(path));
        } finally {
            disk.lock.unlock();
        }
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(
            Path path, Class<A> type, LinkOption... options) throws IOException {
        return type.cast(attributesOf(path));
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options) {
        throw new UnsupportedOperationException(attributes);
    }

    @Override
    public void setAttribute(Path path, String attribute, Object value, LinkOption... options) {
        throw new UnsupportedOperationException(attribute);
    }

    @Override
    public <V extends FileAttributeView> @Nullable V getFileAttributeView(
            Path path, Class<V> type, LinkOption... options) {
        return type == BasicFileAttributeView.class ? type.cast(new View(path)) : null;
    }

    private final class View implements BasicFileAttributeView {
        private final Path path;

        View(Path path) {
            this.path = path;
        }

        @Override
        public String name() {
            return "basic";
        }

        @Override
        public BasicFileAttributes readAttributes() throws IOException {
            return attributesOf(path);
        }

        @Override
        public void setTimes(
                @Nullable FileTime modified, @Nullable FileTime access, @Nullable FileTime made)
                throws IOException {
            disk.lock.lock();
            try {
                disk.begin(SimulatedDisk.Call.NAME, path, "touch");
                if (modified != null) {
                    disk.get(path).setModifiedMillis(modified.toMillis());
                }
            } finally {
                disk.lock.unlock();
            }
        }
    }
}
