package io.takhin.network;

import io.takhin.base.Threads;
import io.takhin.protocol.RecordRegion;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings regions that are not in the page cache there, and checks what has to be checked before it
 * is sent, so that no event loop waits for a disk.
 *
 * <p>Threads: its own few, which end when there is nothing to read.
 */
final class ColdReads implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ColdReads.class);

    /** Enough to keep a disk busy; more would only compete with producers. */
    private static final int READERS = 4;

    private static final int KEEP_ALIVE_SECONDS = 10;

    private final ExecutorService readers;

    ColdReads() {
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(
                        READERS,
                        READERS,
                        KEEP_ALIVE_SECONDS,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        Threads.factory("takhin-cold-read"));
        pool.allowCoreThreadTimeOut(true);
        this.readers = pool;
    }

    /** Calls back in any case: an error shows again when the region is sent. */
    void load(RecordRegion region, long from, long bytes, Runnable loaded) {
        readers.execute(() -> {
            try {
                region.load(from, bytes);
            } catch (IOException e) {
                log.debug("cannot read ahead", e);
            } finally {
                loaded.run();
            }
        });
    }

    /** Any other work that waits for a disk before an answer can be sent. */
    void execute(Runnable task) {
        readers.execute(task);
    }

    @Override
    public void close() {
        readers.shutdown();
    }
}
