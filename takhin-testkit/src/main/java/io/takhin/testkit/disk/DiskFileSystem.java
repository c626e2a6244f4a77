package io.takhin.testkit.disk;

import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** The names of a {@link SimulatedDisk}. */
final class DiskFileSystem extends FileSystem {
    private final SimulatedDisk disk;
    private final DiskProvider provider;

    DiskFileSystem(SimulatedDisk disk) {
        this.disk = disk;
        this.provider = new DiskProvider(disk);
    }

    SimulatedDisk disk() {
        return disk;
    }

    Path root() {
        return new DiskPath(this, true, List.of());
    }

    @Override
    public FileSystemProvider provider() {
        return provider;
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException("a simulated disk stays open");
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public String getSeparator() {
        return "/";
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        return List.of(root());
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return List.of(new DiskStore(disk));
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return Set.of("basic");
    }

    @Override
    public Path getPath(String first, String... more) {
        String all = more.length == 0 ? first : first + "/" + String.join("/", more);
        List<String> names =
                Arrays.stream(all.split("/", -1)).filter(name -> !name.isEmpty()).toList();
        return new DiskPath(this, all.startsWith("/"), names);
    }

    /** Names are matched as on the machine's own file system. */
    @Override
    public PathMatcher getPathMatcher(String pattern) {
        PathMatcher real = FileSystems.getDefault().getPathMatcher(pattern);
        return path -> real.matches(Path.of(path.toString()));
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        throw new UnsupportedOperationException("a simulated disk has no owners");
    }

    @Override
    public WatchService newWatchService() {
        throw new UnsupportedOperationException("nobody watches a simulated disk");
    }
}
