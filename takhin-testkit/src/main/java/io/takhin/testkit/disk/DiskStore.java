package io.takhin.testkit.disk;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileStoreAttributeView;
import org.jspecify.annotations.Nullable;

/** How full a {@link SimulatedDisk} is. */
final class DiskStore extends FileStore {
    private final SimulatedDisk disk;

    DiskStore(SimulatedDisk disk) {
        this.disk = disk;
    }

    @Override
    public String name() {
        return "simulated";
    }

    @Override
    public String type() {
        return "simulated";
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public long getTotalSpace() throws IOException {
        disk.lock.lock();
        try {
            disk.begin(SimulatedDisk.Call.SPACE, disk.root(), "ask");
            return disk.totalBytes();
        } finally {
            disk.lock.unlock();
        }
    }

    @Override
    public long getUsableSpace() throws IOException {
        disk.lock.lock();
        try {
            disk.begin(SimulatedDisk.Call.SPACE, disk.root(), "ask");
            return disk.freeBytes();
        } finally {
            disk.lock.unlock();
        }
    }

    @Override
    public long getUnallocatedSpace() throws IOException {
        return getUsableSpace();
    }

    @Override
    public boolean supportsFileAttributeView(Class<? extends FileAttributeView> type) {
        return false;
    }

    @Override
    public boolean supportsFileAttributeView(String name) {
        return name.equals("basic");
    }

    @Override
    public <V extends FileStoreAttributeView> @Nullable V getFileStoreAttributeView(Class<V> type) {
        return null;
    }

    @Override
    public Object getAttribute(String attribute) {
        throw new UnsupportedOperationException(attribute);
    }
}
