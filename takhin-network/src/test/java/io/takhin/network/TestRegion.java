package io.takhin.network;

import io.takhin.protocol.RecordRegion;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A region of a file that counts how often it is given back. */
final class TestRegion implements RecordRegion {
    final AtomicInteger released = new AtomicInteger();
    final AtomicInteger loading = new AtomicInteger();
    final AtomicInteger loaded = new AtomicInteger();
    private final FileChannel file;
    private final long position;
    private final int size;
    private final boolean cold;
    private final CountDownLatch mayLoad;

    private TestRegion(
            FileChannel file, long position, int size, boolean cold, CountDownLatch mayLoad) {
        this.file = file;
        this.position = position;
        this.size = size;
        this.cold = cold;
        this.mayLoad = mayLoad;
    }

    static TestRegion of(FileChannel file, long position, int size) {
        return new TestRegion(file, position, size, false, new CountDownLatch(0));
    }

    /** Has to be loaded before it is sent, which waits for the latch. */
    static TestRegion cold(FileChannel file, int size, CountDownLatch mayLoad) {
        return new TestRegion(file, 0, size, true, mayLoad);
    }

    @Override
    public int sizeInBytes() {
        return size;
    }

    @Override
    public long transferTo(long from, WritableByteChannel channel) throws IOException {
        if (released.get() > 0) {
            throw new IOException("used after it was released");
        }
        return file.transferTo(position + from, size - from, channel);
    }

    @Override
    public boolean mayBlock() {
        return cold;
    }

    @Override
    public void load(long from, long length) throws IOException {
        loading.incrementAndGet();
        try {
            mayLoad.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        if (released.get() > 0) {
            throw new IOException("loaded after it was released");
        }
        loaded.incrementAndGet();
    }

    @Override
    public void release() {
        released.incrementAndGet();
    }
}
