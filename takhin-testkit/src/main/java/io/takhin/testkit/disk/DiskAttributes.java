package io.takhin.testkit.disk;

import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/** What is known of a file beside its bytes. */
record DiskAttributes(boolean isDirectory, long size, FileTime lastModifiedTime, Object fileKey)
        implements BasicFileAttributes {

    static DiskAttributes of(DiskNode node) {
        FileTime modified = FileTime.fromMillis(node.modifiedMillis());
        return switch (node) {
            case DiskFile file -> new DiskAttributes(false, file.size(), modified, file);
            case DiskFolder folder -> new DiskAttributes(true, 0, modified, folder);
        };
    }

    @Override
    public FileTime lastAccessTime() {
        return lastModifiedTime;
    }

    @Override
    public FileTime creationTime() {
        return lastModifiedTime;
    }

    @Override
    public boolean isRegularFile() {
        return !isDirectory;
    }

    @Override
    public boolean isSymbolicLink() {
        return false;
    }

    @Override
    public boolean isOther() {
        return false;
    }
}
