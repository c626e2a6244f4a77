package io.takhin.testkit.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/** An open file, or a directory that is opened to be synced. */
final class DiskChannel extends FileChannel {
    private static final int COPY_BYTES = 64 << 10;

    private final SimulatedDisk disk;
    private final Path path;
    private final DiskNode node;
    private final boolean writes;
    private final boolean appends;
    private long position;

    DiskChannel(SimulatedDisk disk, Path path, DiskNode node, Set<? extends OpenOption> options) {
        this.disk = disk;
        this.path = path;
        this.node = node;
        this.appends = options.contains(StandardOpenOption.APPEND);
        this.writes = appends || options.contains(StandardOpenOption.WRITE);
    }

    /** Under the disk's lock. */
    private DiskFile begin(SimulatedDisk.Call call, String what) throws IOException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        if (call == SimulatedDisk.Call.WRITE && !writes) {
            throw new NonWritableChannelException();
        }
        if (!(node instanceof DiskFile file)) {
            throw new NonReadableChannelException();
        }
        disk.begin(call, path, what);
        return file;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int count = read(target, position);
        position += Math.max(0, count);
        return count;
    }

    @Override
    public int read(ByteBuffer target, long from) throws IOException {
        disk.passReadGate(path);
        disk.lock.lock();
        try {
            return begin(SimulatedDisk.Call.READ, "read").read(target, from);
        } finally {
            disk.lock.unlock();
        }
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        long total = 0;
        for (int i = offset; i < offset + length; i++) {
            int count = read(targets[i]);
            if (count < 0) {
                return total == 0 ? -1 : total;
            }
            total += count;
        }
        return total;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        if (appends) {
            position = size();
        }
        int count = write(source, position);
        position += count;
        return count;
    }

    @Override
    public int write(ByteBuffer source, long at) throws IOException {
        disk.lock.lock();
        try {
            int wanted = source.remaining();
            DiskFile file = begin(SimulatedDisk.Call.WRITE, "write " + wanted + " at " + at);
            int grows = (int) Math.max(0, at + wanted - file.size());
            int missing = grows - disk.takeFree(grows, path);
            int count = Math.max(0, wanted - missing);
            file.write(source, Math.toIntExact(at), count);
            file.setModifiedMillis(System.currentTimeMillis());
            return count;
        } finally {
            disk.lock.unlock();
        }
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        long total = 0;
        for (int i = offset; i < offset + length; i++) {
            total += write(sources[i]);
        }
        return total;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public FileChannel position(long newPosition) {
        position = newPosition;
        return this;
    }

    @Override
    public long size() throws IOException {
        disk.lock.lock();
        try {
            return begin(SimulatedDisk.Call.READ, "size").size();
        } finally {
            disk.lock.unlock();
        }
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
        disk.lock.lock();
        try {
            DiskFile file = begin(SimulatedDisk.Call.WRITE, "truncate to " + size);
            int before = file.size();
            file.truncate((int) Math.min(size, before));
            disk.giveBack(before - file.size());
            position = Math.min(position, size);
            return this;
        } finally {
            disk.lock.unlock();
        }
    }

    @Override
    public void force(boolean metaData) throws IOException {
        disk.passSyncGate(path);
        disk.lock.lock();
        try {
            if (!isOpen()) {
                throw new ClosedChannelException();
            }
            disk.begin(SimulatedDisk.Call.SYNC, path, "sync");
            switch (node) {
                case DiskFile file -> file.sync();
                case DiskFolder folder -> folder.sync();
            }
        } finally {
            disk.lock.unlock();
        }
    }

    @Override
    public long transferTo(long from, long count, WritableByteChannel target) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(count, COPY_BYTES));
        return read(bytes, from) <= 0 ? 0 : target.write(bytes.flip());
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long at, long count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(count, COPY_BYTES));
        return source.read(bytes) <= 0 ? 0 : write(bytes.flip(), at);
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long from, long size) {
        throw new UnsupportedOperationException("a simulated file has no pages");
    }

    @Override
    public FileLock lock(long from, long size, boolean shared) throws IOException {
        return tryLock(from, size, shared);
    }

    /** Always granted: one process, and it may die without letting go. */
    @Override
    public FileLock tryLock(long from, long size, boolean shared) throws IOException {
        disk.lock.lock();
        try {
            begin(SimulatedDisk.Call.READ, "lock");
            return new Granted(this, size);
        } finally {
            disk.lock.unlock();
        }
    }

    private static final class Granted extends FileLock {
        Granted(FileChannel channel, long size) {
            super(channel, 0, size, false);
        }

        @Override
        public boolean isValid() {
            return acquiredBy().isOpen();
        }

        @Override
        public void release() {}
    }

    @Override
    protected void implCloseChannel() {
        disk.closed();
    }
}
