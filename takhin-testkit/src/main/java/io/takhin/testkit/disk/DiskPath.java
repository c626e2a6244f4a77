package io.takhin.testkit.disk;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.StandardCopyOption;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Names between slashes. */
final class DiskPath implements Path {
    private final DiskFileSystem fileSystem;
    private final boolean absolute;
    private final List<String> names;

    DiskPath(DiskFileSystem fileSystem, boolean absolute, List<String> names) {
        this.fileSystem = fileSystem;
        this.absolute = absolute;
        this.names = List.copyOf(names);
    }

    private DiskPath with(boolean isAbsolute, List<String> otherNames) {
        return new DiskPath(fileSystem, isAbsolute, otherNames);
    }

    private static DiskPath own(Path path) {
        if (path instanceof DiskPath own) {
            return own;
        }
        throw new ProviderMismatchException(path + " is of another file system");
    }

    @Override
    public FileSystem getFileSystem() {
        return fileSystem;
    }

    SimulatedDisk disk() {
        return fileSystem.disk();
    }

    @Override
    public boolean isAbsolute() {
        return absolute;
    }

    @Override
    public @Nullable Path getRoot() {
        return absolute ? fileSystem.root() : null;
    }

    @Override
    public @Nullable Path getFileName() {
        return names.isEmpty() ? null : with(false, List.of(names.getLast()));
    }

    @Override
    public @Nullable Path getParent() {
        int parents = names.size() - 1;
        boolean none = parents < 0 || (parents == 0 && !absolute);
        return none ? null : with(absolute, names.subList(0, parents));
    }

    @Override
    public int getNameCount() {
        return names.size();
    }

    @Override
    public Path getName(int index) {
        return with(false, List.of(names.get(index)));
    }

    @Override
    public Path subpath(int from, int to) {
        return with(false, names.subList(from, to));
    }

    @Override
    public boolean startsWith(Path other) {
        return other instanceof DiskPath path
                && path.absolute == absolute
                && path.names.size() <= names.size()
                && names.subList(0, path.names.size()).equals(path.names);
    }

    @Override
    public boolean endsWith(Path other) {
        return other instanceof DiskPath path
                && !path.absolute
                && path.names.size() <= names.size()
                && names.subList(names.size() - path.names.size(), names.size()).equals(path.names);
    }

    @Override
    public Path normalize() {
        List<String> normal = new ArrayList<>();
        for (String name : names) {
            if (name.equals("..") && !normal.isEmpty()) {
                normal.removeLast();
            } else if (!name.equals(".")) {
                normal.add(name);
            }
        }
        return with(absolute, normal);
    }

    @Override
    public Path resolve(Path other) {
        DiskPath path = own(other);
        if (path.absolute) {
            return path;
        }
        List<String> all = new ArrayList<>(names);
        all.addAll(path.names);
        return with(absolute, all);
    }

    @Override
    public Path relativize(Path other) {
        DiskPath path = own(other);
        if (!path.startsWith(this)) {
            throw new IllegalArgumentException(other + " is not below " + this);
        }
        return with(false, path.names.subList(names.size(), path.names.size()));
    }

    @Override
    public URI toUri() {
        return URI.create(DiskProvider.SCHEME + "://" + toAbsolutePath());
    }

    @Override
    public Path toAbsolutePath() {
        return with(true, names);
    }

    @Override
    public Path toRealPath(LinkOption... options) {
        return toAbsolutePath().normalize();
    }

    /** A copy as of now on a real disk, where the test has named a place for such. */
    @Override
    public File toFile() {
        Path copies = disk().copies();
        if (copies == null) {
            throw new UnsupportedOperationException("no real file stands behind " + this);
        }
        try {
            Path copy = copies.resolve(String.join("_", names));
            Files.deleteIfExists(copy);
            if (Files.exists(this)) {
                Files.copy(this, copy, StandardCopyOption.REPLACE_EXISTING);
            }
            return copy.toFile();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public WatchKey register(
            WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
        throw new UnsupportedOperationException("nobody watches a simulated disk");
    }

    @Override
    public int compareTo(Path other) {
        return toString().compareTo(own(other).toString());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DiskPath path
                && path.fileSystem == fileSystem
                && path.absolute == absolute
                && path.names.equals(names);
    }

    @Override
    public int hashCode() {
        return Objects.hash(absolute, names);
    }

    @Override
    public String toString() {
        return (absolute ? "/" : "") + String.join("/", names);
    }
}
